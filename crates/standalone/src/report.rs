//! What a person sees while the system starts: steps with ticks on the first start, four lines on every other.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write},
    time::{Duration, Instant},
};

use boot::Vars;

/// Prints to standard output as the start goes on.
pub struct Report {
    out: Box<dyn Write + Send>,
    colours: bool,
    began: Instant,
    first: bool,
}

/// What there is to see when everything runs.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// `http://127.0.0.1:8001`
    pub origin: String,
    /// `http://127.0.0.1:8011`
    pub admin_origin: String,
    /// A login that works, and its password.
    pub login: Option<(String, String)>,
}

impl Report {
    /// To standard output; colours only on a terminal, and not if `NO_COLOR` is set or `TERM` is `dumb`.
    pub fn to_stdout(vars: &mut Vars) -> Self {
        let plain = vars.optional("NO_COLOR").is_some() || vars.text("TERM", "") == "dumb";
        let colours = io::stdout().is_terminal() && !plain;
        Self::to(io::stdout(), colours)
    }

    /// To anywhere.
    pub fn to(out: impl Write + Send + 'static, colours: bool) -> Self {
        Self { out: Box::new(out), colours, began: Instant::now(), first: false }
    }

    /// Nowhere: for tests.
    #[must_use]
    pub fn silent() -> Self {
        Self::to(io::sink(), false)
    }

    /// The first line. On a first start every step is worth telling.
    pub fn begin(&mut self, profile: impl Display, data: impl Display, first: bool) {
        self.first = first;
        let version = env!("CARGO_PKG_VERSION");
        let title = self.bold(&format!("agora {version}"));
        self.line(&format!("{title} · {profile} profile · data in {data}"));
        if first {
            self.line("");
        }
    }

    /// Something that was made or changed: told on every start, since it happens only once.
    pub fn made(&mut self, what: &str, detail: impl Display) {
        let tick = self.paint("32", "✓");
        let detail = self.paint("2", &detail.to_string());
        self.line(&format!("  {tick} {what:<34} {detail}"));
    }

    /// Something that is checked on every start: told on the first only.
    pub fn checked(&mut self, what: &str, detail: impl Display) {
        if self.first {
            self.made(what, detail);
        }
    }

    /// The last lines: where to go, and how to get in. They are written at once: the first requests may be logged
    /// already, on the same terminal.
    pub fn ready(&mut self, summary: &Summary) {
        let ready = format!("{} in {} · Ctrl-C stops it", self.paint("32", "ready"), seconds(self.began.elapsed()));
        let mut lines = if self.first { self.directions(summary) } else { self.reminder(summary) };
        lines.push(ready);
        self.line(&lines.join("\n"));
    }

    /// For whoever knows the way.
    fn reminder(&self, Summary { origin, admin_origin, login }: &Summary) -> Vec<String> {
        let entrance = match login {
            Some((name, password)) => format!("log in with {} / {}", self.bold(name), self.bold(password)),
            None => format!("log in at {origin}/api/v1/auth/login"),
        };
        vec![format!("API {origin}/api/v1 · docs {origin}/docs · metrics {admin_origin}/metrics"), entrance]
    }

    /// For whoever is here for the first time: every place, and a first call.
    fn directions(&self, Summary { origin, admin_origin, login }: &Summary) -> Vec<String> {
        let row = |name: &str, value: String| format!("  {name:<9}{value}");
        let mut lines = vec![
            String::new(),
            row("API", format!("{origin}/api/v1")),
            row("Docs", format!("{origin}/docs")),
            row("OpenAPI", format!("{origin}/openapi.json")),
            row("Metrics", format!("{admin_origin}/metrics")),
        ];
        if let Some((name, password)) = login {
            lines.push(row("Log in", format!("{} / {}", self.bold(name), self.bold(password))));
            lines.push(String::new());
            lines.push(format!(
                "  curl -s {origin}/api/v1/auth/login -H 'content-type: application/json' -d '{{\"login\":\"{name}\",\"password\":\"{password}\"}}'"
            ));
        }
        lines.push(String::new());
        lines
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A reader that has gone away (`agora | head -1`) does not stop the system.
    fn line(&mut self, text: &str) {
        let text = format!("{text}\n");
        drop(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()));
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Report").field("first", &self.first).finish_non_exhaustive()
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written, one entry for each write.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<Vec<u8>>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printed(first: bool, colours: bool) -> String {
        written(first, colours).concat()
    }

    fn written(first: bool, colours: bool) -> Vec<String> {
        let page = Page::default();
        let mut report = Report::to(page.clone(), colours);
        report.begin("demo", "data", first);
        report.checked("users database", "data/users.db");
        report.ready(&Summary {
            origin: "http://127.0.0.1:8001".to_owned(),
            admin_origin: "http://127.0.0.1:8011".to_owned(),
            login: Some(("demo".to_owned(), "secret".to_owned())),
        });
        let writes = page.0.lock().unwrap().clone();
        writes.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
    }

    #[test]
    fn the_first_start_tells_its_steps_and_where_to_go() {
        let text = printed(true, false);
        for part in ["✓ users database", "http://127.0.0.1:8001/docs", "demo / secret", "ready in"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
    }

    #[test]
    fn the_second_start_is_four_lines() {
        let text = printed(false, false);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.contains("http://127.0.0.1:8001/api/v1") && text.contains("demo"), "{text}");
    }

    #[test]
    fn nothing_comes_between_the_last_lines() {
        for first in [true, false] {
            let last = written(first, false).pop().unwrap();
            assert!(last.contains("/api/v1") && last.contains("secret") && last.contains("ready in"), "{last}");
        }
    }

    #[test]
    fn colours_are_only_for_those_who_want_them() {
        assert!(!printed(true, false).contains('\x1b'));
        assert!(printed(true, true).contains('\x1b'));
    }
}
