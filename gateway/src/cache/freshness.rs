//! How old an answer is and how long it may be used: the arithmetic of RFC 9111, section 4.2. Times are milliseconds.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::header::{AGE, DATE, EXPIRES};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::control::{Directives, seconds};
use crate::listener::now_ms;

/// The clock of everything that is kept.
pub(super) fn now() -> i64 {
    on_clock(now_ms())
}

/// A moment on it.
pub(super) fn on_clock(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// When an answer was asked for and when its head was there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// When the head had arrived, on the clock of everything that is kept.
    pub(crate) arrived: i64,
    /// The wall clock when the head had arrived, since the epoch.
    pub(crate) arrived_wall: i64,
    /// The time that the call took.
    pub(crate) delay: i64,
}

impl Times {
    /// Of an answer whose head is there now.
    pub(crate) fn since(asked: Instant) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self { arrived: now(), arrived_wall: ms(wall), delay: ms(asked.elapsed()) }
    }
}

/// How old the answer was when it arrived: what its `Age` says and the way here, or what its `Date` says, whichever is more
/// (section 4.2.3). A clock behind ours makes an answer old, one ahead of ours does not make it young.
pub(crate) fn initial_age(headers: &HeaderMap, times: Times) -> i64 {
    let corrected = age_value(headers).saturating_add(times.delay.max(0));
    // A date has no fractions of a second.
    let apparent = date(headers, &DATE).map_or(0, |date| times.arrived_wall.div_euclid(1000) * 1000 - date);
    corrected.max(apparent)
}

/// How long the answer may be used, counted from when it was made: `s-maxage`, else `max-age`, else `Expires` (section
/// 4.2.1). None where it does not say; nothing is guessed (section 4.2.2).
pub(crate) fn lifetime(headers: &HeaderMap, directives: &Directives, targeted: bool, times: Times) -> Option<i64> {
    if let Some(seconds) = directives.s_maxage.or(directives.max_age) {
        return Some(millis(seconds));
    }
    if targeted {
        return None;
    }
    let mut lines = headers.get_all(EXPIRES).iter();
    let first = lines.next()?;
    // What is no date, `0` above all, means that it has expired already (section 5.3).
    let (Some(expires), None) = (parsed(first), lines.next()) else { return Some(0) };
    let made = date(headers, &DATE).unwrap_or(times.arrived_wall);
    Some((expires - made).max(0))
}

pub(crate) fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)
}

/// `Age` in milliseconds: the first member of the first line; what is no number is ignored (section 5.1).
fn age_value(headers: &HeaderMap) -> i64 {
    let first = headers.get(AGE).and_then(|value| value.as_bytes().split(|byte| *byte == b',').next());
    first.and_then(|text| seconds(text.trim_ascii())).map_or(0, millis)
}

/// A field that is a date, in any of the three forms (RFC 9110, section 5.6.7).
pub(crate) fn date(headers: &HeaderMap, name: &HeaderName) -> Option<i64> {
    parsed(headers.get(name)?)
}

pub(crate) fn parsed(value: &HeaderValue) -> Option<i64> {
    let moment = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).ok()
}

/// A moment of the wall clock as a field has it.
pub(crate) fn written(wall: i64) -> HeaderValue {
    let since = Duration::from_millis(u64::try_from(wall).unwrap_or_default());
    HeaderValue::from_str(&httpdate::fmt_http_date(UNIX_EPOCH + since)).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, and a half of a second.
    const NOW: i64 = 784_111_777_500;
    const TIMES: Times = Times { arrived: 0, arrived_wall: NOW, delay: 300 };

    fn fields(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn lifetime_of(list: &[(&'static str, &str)]) -> Option<i64> {
        let headers = fields(list);
        let (directives, targeted) = Directives::of_answer(&headers);
        lifetime(&headers, &directives, targeted, TIMES)
    }

    #[test]
    fn the_more_special_word_goes_before_the_more_general_one() {
        let expires = ("expires", "Sun, 06 Nov 1994 08:50:37 GMT");
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(lifetime_of(&[("cache-control", "max-age=5, s-maxage=7"), expires]), Some(7_000));
        assert_eq!(lifetime_of(&[("cache-control", "max-age=5"), expires]), Some(5_000));
        assert_eq!(lifetime_of(&[date, expires]), Some(60_000));
        assert_eq!(lifetime_of(&[expires]), Some(59_500), "without a date, from when it arrived");
        assert_eq!(lifetime_of(&[("cdn-cache-control", "private"), expires]), None, "Expires is no word to gateways");
        assert_eq!(lifetime_of(&[]), None, "nothing is guessed");
    }

    #[test]
    fn expires_is_read_in_every_form_and_anything_else_has_expired() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for form in ["Sun, 06 Nov 1994 08:49:47 GMT", "Sunday, 06-Nov-94 08:49:47 GMT", "Sun Nov  6 08:49:47 1994"] {
            assert_eq!(lifetime_of(&[date, ("expires", form)]), Some(10_000), "{form}");
        }
        for form in ["0", "-1", "", "tomorrow", "Sun, 06 Nov 1994 08:49:47 CET", "1994-11-06T08:49:47Z"] {
            assert_eq!(lifetime_of(&[date, ("expires", form)]), Some(0), "{form}");
        }
        let past = ("expires", "Sun, 06 Nov 1994 08:49:27 GMT");
        assert_eq!(lifetime_of(&[date, past]), Some(0));
        let twice = ("expires", "Sun, 06 Nov 1994 08:49:47 GMT");
        assert_eq!(lifetime_of(&[date, twice, twice]), Some(0), "two dates are none");
    }

    #[test]
    fn an_answer_is_as_old_as_its_age_and_the_way_here() {
        for (age, expected) in [("5", 5_300), ("5, 9", 5_300), ("0", 300), ("-5", 300), ("abc", 300), ("1.5", 300)] {
            assert_eq!(initial_age(&fields(&[("age", age)]), TIMES), expected, "{age}");
        }
        assert_eq!(initial_age(&fields(&[("age", "5"), ("age", "9")]), TIMES), 5_300);
    }

    #[test]
    fn a_slow_clock_makes_an_answer_old_and_a_fast_one_does_not_make_it_young() {
        let dated = |date| initial_age(&fields(&[("date", date), ("age", "2")]), TIMES);
        assert_eq!(dated("Sun, 06 Nov 1994 08:49:07 GMT"), 30_000);
        assert_eq!(dated("Sun, 06 Nov 1994 08:49:37 GMT"), 2_300);
        assert_eq!(dated("Sun, 06 Nov 1994 09:49:37 GMT"), 2_300);
        assert_eq!(dated("never"), 2_300);
    }
}
