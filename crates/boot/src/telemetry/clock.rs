//! The time of day, for people who watch.

use std::fmt;

use time::OffsetDateTime;
use tracing_subscriber::fmt::{format::Writer, time::FormatTime};

/// `14:03:07.120`, in UTC.
pub(super) struct TimeOfDay;

impl FormatTime for TimeOfDay {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        let (hour, minute, second, milli) = OffsetDateTime::now_utc().to_hms_milli();
        write!(out, "{hour:02}:{minute:02}:{second:02}.{milli:03}")
    }
}
