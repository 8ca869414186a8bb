//! What the gateway knows of the services behind it: who is asked whether they are well, and what an operator sees.

use std::time::{Duration, Instant};

use boot::{CancellationToken, Tasks};
use http::Uri;
use upstream::{BreakerState, Pool, TargetState, Upstream, UpstreamState};

use crate::metrics::{head, line};
use crate::plan::Plan;
use crate::shed::Waiting;

/// How often each target is asked, and how long it may take to answer.
const CHECK_EVERY: Duration = Duration::from_secs(2);
const CHECK_WITHIN: Duration = Duration::from_secs(1);

/// Asks every target of the services that have a path for it, each in a task of its own. One target leaves no choice, so it
/// is not asked.
pub(crate) fn watch(plan: &Plan, upstreams: &[Upstream], pool: &Pool, tasks: &Tasks) {
    for (service, upstream) in plan.services.iter().zip(upstreams) {
        let targets = upstream.state().targets.len();
        let Some(path) = service.health.as_ref().filter(|_| targets > 1) else { continue };
        for target in 0..targets {
            let (upstream, pool, path) = (upstream.clone(), pool.clone(), path.clone());
            tasks.spawn("health", check(upstream, target, path, pool, tasks.token()));
        }
    }
}

async fn check(upstream: Upstream, target: usize, path: Uri, pool: Pool, end: CancellationToken) {
    let mut tick = tokio::time::interval(CHECK_EVERY);
    while end.run_until_cancelled(tick.tick()).await.is_some() {
        upstream.check(&pool, target, &path, Instant::now() + CHECK_WITHIN).await;
    }
}

/// The state of the services in Prometheus' text format.
pub(crate) fn render(upstreams: &[Upstream], waiting: &Waiting) -> String {
    let states: Vec<(&str, UpstreamState)> = upstreams.iter().map(|one| (one.name(), one.state())).collect();
    let mut text = String::new();
    head(&mut text, "agora_requests_in_flight", "gauge", "Requests that wait for services.");
    line(&mut text, "agora_requests_in_flight", "", waiting.count());
    each(
        &mut text,
        &states,
        ("agora_upstream_retries_total", "counter", "Calls that were made a second time."),
        |state| state.retries,
    );
    each(&mut text, &states, ("agora_upstream_in_flight", "gauge", "Calls that wait for an answer."), |state| {
        state.in_flight as u64
    });
    let breaker = ("agora_upstream_breaker", "gauge", "The breaker of a target: 0 closed, 1 open, 2 probing.");
    each_target(&mut text, &states, breaker, |target| match target.breaker {
        BreakerState::Closed => 0,
        BreakerState::Open => 1,
        BreakerState::Probing => 2,
    });
    let ejections = ("agora_upstream_ejections_total", "counter", "How often the breaker of a target has opened.");
    each_target(&mut text, &states, ejections, |target| target.ejections);
    let healthy =
        ("agora_upstream_healthy", "gauge", "Whether active checks find a target well; 1 without such checks.");
    each_target(&mut text, &states, healthy, |target| u64::from(target.healthy));
    text
}

/// Name, kind and help of a metric.
type Metric = (&'static str, &'static str, &'static str);

fn each(text: &mut String, states: &[(&str, UpstreamState)], metric: Metric, value: impl Fn(&UpstreamState) -> u64) {
    head(text, metric.0, metric.1, metric.2);
    for (service, state) in states {
        line(text, metric.0, &format!("service=\"{service}\""), value(state));
    }
}

fn each_target(
    text: &mut String,
    states: &[(&str, UpstreamState)],
    metric: Metric,
    value: impl Fn(&TargetState) -> u64,
) {
    head(text, metric.0, metric.1, metric.2);
    for (service, state) in states {
        for target in &state.targets {
            line(text, metric.0, &format!("service=\"{service}\",target=\"{}\"", target.label), value(target));
        }
    }
}
