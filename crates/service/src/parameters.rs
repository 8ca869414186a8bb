//! Fields and parameters that many operations have.

use problem::{Code, Problem};
use serde::{Deserialize, Deserializer};

/// A field of a merge patch (RFC 7396): `None` is absent, `Some(None)` is `null`.
pub type Patch<T> = Option<Option<T>>;

/// The most ids of one batch.
const MOST: usize = 100;

/// Reads a field that is there, whatever its value: with `#[serde(default, deserialize_with = "present")]`.
///
/// # Errors
/// The deserializer's.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Patch<T>, D::Error> {
    Option::<T>::deserialize(value).map(Some)
}

/// 1 to 100 ids with commas between them: the parameter `ids` of batches.
///
/// # Errors
/// 400 `invalid_parameter`
pub fn ids(text: &str) -> Result<Vec<i64>, Problem> {
    let refused = |message: &str| Problem::new(Code::InvalidParameter).with_error("ids", "invalid_value", message);
    let ids: Result<Vec<i64>, _> = text.split(',').map(str::parse).collect();
    let ids = ids.map_err(|_| refused("Ids are whole numbers, separated by commas."))?;
    if ids.len() > MOST {
        return Err(refused("At most 100 ids."));
    }
    Ok(ids)
}

/// Where an export goes on, and how many items it has.
///
/// # Errors
/// 400 `invalid_parameter` for a negative `after`, and for a `limit` outside of 1 to `most`.
pub fn export(after: Option<i64>, limit: Option<u64>, most: u64) -> Result<(i64, u64), Problem> {
    let refused = |name: &str, message: String| {
        Err(Problem::new(Code::InvalidParameter).with_error(name, "out_of_range", message))
    };
    let (after, limit) = (after.unwrap_or(0), limit.unwrap_or(most));
    if after < 0 {
        return refused("after", "A number from 0.".to_owned());
    }
    if !(1..=most).contains(&limit) {
        return refused("limit", format!("A number from 1 to {most}."));
    }
    Ok((after, limit))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_some_ids_and_not_too_many() {
        let hundred = vec!["7"; 100].join(",");
        assert_eq!(ids(&hundred).unwrap().len(), 100);
        for text in ["", "x", "1,,2", "1.5", &format!("{hundred},7"), "99999999999999999999"] {
            assert_eq!(ids(text).unwrap_err().errors()[0].pointer, "ids", "{text}");
        }
    }

    #[test]
    fn an_export_goes_on_where_it_was_and_has_an_end() {
        assert_eq!(export(None, None, 500).unwrap(), (0, 500));
        assert_eq!(export(Some(7), Some(1), 500).unwrap(), (7, 1));
        for (after, limit, name) in [(-1, 1, "after"), (0, 0, "limit"), (0, 501, "limit")] {
            assert_eq!(export(Some(after), Some(limit), 500).unwrap_err().errors()[0].pointer, name);
        }
    }
}
