//! Pages by keyset: stable under inserts, deletes and equal times, whatever happens between two pages.
//!
//! A cursor is the position of the last item that was shown. It is opaque, and bound to the list and the filters that
//! it was issued for: with others, or changed, it is refused.

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header::LINK};
use problem::{Code, Json, Problem};
use sea_orm::{
    EntityTrait, ExprTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, Value,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The items of a page unless the caller says otherwise.
const USUAL: u64 = 20;
/// The most items of a page.
const MOST: u64 = 100;
/// Bytes of the digest that bind a cursor to its list.
const BINDING: usize = 12;

/// The parameters of every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageParameters {
    /// The most items to return.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    pub limit: Option<u64>,
    /// Where to go on: `next_cursor` of the page before.
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

/// Where a page begins and how long it is.
#[derive(Clone, Debug)]
pub struct Window {
    /// The most items of the page.
    pub limit: u64,
    /// A moment and an id: the position of the last item of the page before.
    pub after: Option<(i64, String)>,
    list: String,
}

impl Window {
    /// `list` names the list and its filters.
    pub fn new(parameters: &PageParameters, list: String) -> Result<Self, Problem> {
        let limit = parameters.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            let message = format!("A number from 1 to {MOST}.");
            return Err(Problem::new(Code::InvalidParameter).with_error("limit", "out_of_range", message));
        }
        let after = match parameters.cursor.as_deref() {
            Some(cursor) => Some(read(cursor, &list).ok_or_else(|| Problem::new(Code::InvalidCursor))?),
            None => None,
        };
        Ok(Self { limit, after, list })
    }

    /// The cursor of a position in this list.
    #[must_use]
    pub fn cursor(&self, position: &(i64, String)) -> String {
        write(position, &self.list)
    }

    /// Where the page begins, if items are told apart by numbers.
    ///
    /// # Errors
    /// 400 `invalid_cursor`.
    pub fn after_number(&self) -> Result<Option<(i64, i64)>, Problem> {
        self.after_id(number)
    }

    fn after_id<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<(i64, T)>, Problem> {
        let Some((moment, id)) = &self.after else { return Ok(None) };
        Ok(Some((*moment, parse(id).ok_or_else(|| Problem::new(Code::InvalidCursor))?)))
    }

    /// The rows of the page and one more, the newest first. `columns` are those of the moment and of what tells apart what has the
    /// same one; `parse` reads that from a cursor ([`number`]).
    ///
    /// # Errors
    /// 400 `invalid_cursor`.
    pub fn newest<E: EntityTrait, T: Into<Value>>(
        &self,
        rows: Select<E>,
        columns: (Expr, Expr),
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Select<E>, Problem> {
        self.rows(rows, columns, Order::Desc, parse)
    }

    /// The same with the oldest first.
    ///
    /// # Errors
    /// 400 `invalid_cursor`.
    pub fn oldest<E: EntityTrait, T: Into<Value>>(
        &self,
        rows: Select<E>,
        columns: (Expr, Expr),
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Select<E>, Problem> {
        self.rows(rows, columns, Order::Asc, parse)
    }

    fn rows<E: EntityTrait, T: Into<Value>>(
        &self,
        mut rows: Select<E>,
        (moment, id): (Expr, Expr),
        order: Order,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Select<E>, Problem> {
        if let Some((at, last)) = self.after_id(parse)? {
            // One comparison of pairs: a row is on exactly one page, also among equal times.
            let row = Expr::tuple([moment.clone(), id.clone()]);
            let position = Expr::tuple([Expr::val(at), Expr::val(last)]);
            rows = rows.filter(if order == Order::Desc { row.lt(position) } else { row.gt(position) });
        }
        Ok(rows.order_by(moment, order.clone()).order_by(id, order).limit(self.limit + 1))
    }

    /// A page from `limit + 1` rows, so that a last page is known to be the last.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> (i64, String),
        item: impl Fn(R) -> T,
    ) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| has_more).map(|last| self.cursor(&position(last)));
        Page { next_cursor, has_more, total: None, items: rows.into_iter().map(item).collect() }
    }
}

/// A part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// The `cursor` of the next page; `null` on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many items the whole list has; only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total: Option<u64>,
}

impl<T: Serialize> Page<T> {
    /// The answer, with `Link: rel="next"` if there is a next page. The link is relative to the request's own address,
    /// so it is right wherever this service is mounted. `filters` are the query parameters besides `cursor`.
    pub fn respond(self, filters: &[(&str, String)]) -> Response {
        let next = self.next_cursor.as_ref().map(|cursor| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(filters).append_pair("cursor", cursor);
            format!("<?{}>; rel=\"next\"", query.finish())
        });
        let mut response = Json(self).into_response();
        if let Some(link) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            response.headers_mut().insert(LINK, link);
        }
        response
    }
}

/// The number that a cursor has for an id.
#[must_use]
pub fn number(id: &str) -> Option<i64> {
    id.parse().ok()
}

fn write((moment, id): &(i64, String), list: &str) -> String {
    let mut bytes = moment.to_be_bytes().to_vec();
    bytes.extend_from_slice(id.as_bytes());
    let binding = bind(&bytes, list);
    bytes.extend_from_slice(&binding);
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read(cursor: &str, list: &str) -> Option<(i64, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (position, binding) = bytes.split_at_checked(bytes.len().checked_sub(BINDING)?)?;
    if bind(position, list) != binding {
        return None;
    }
    let (moment, id) = position.split_first_chunk()?;
    Some((i64::from_be_bytes(*moment), String::from_utf8(id.to_vec()).ok()?))
}

/// Not a secret: whoever forges a cursor reads from another position of a list that they may read anyway.
fn bind(position: &[u8], list: &str) -> Vec<u8> {
    let mut bound = list.as_bytes().to_vec();
    bound.push(0);
    bound.extend_from_slice(position);
    digest(&SHA256, &bound).as_ref().iter().copied().take(BINDING).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let cursor = write(&(-5, "17".to_owned()), "users q=a");
        assert_eq!(read(&cursor, "users q=a"), Some((-5, "17".to_owned())));
        assert_eq!(read(&cursor, "users q=b"), None);
        for at in 0..cursor.len() {
            let mut changed = cursor.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(read(&String::from_utf8(changed).unwrap(), "users q=a"), None);
        }
        assert_eq!(read("", "users q=a"), None);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let window = Window::new(&PageParameters { limit: Some(2), cursor: None }, "l".to_owned()).unwrap();
        let page = |rows: Vec<i64>| window.page(rows, |row| (*row, row.to_string()), |row| row);
        assert!(page(vec![1, 2, 3]).has_more && page(vec![1, 2, 3]).next_cursor.is_some());
        assert!(!page(vec![1, 2]).has_more && page(vec![1, 2]).next_cursor.is_none());
    }

    #[test]
    fn a_limit_out_of_range_is_refused() {
        for limit in [0, 101] {
            let parameters = PageParameters { limit: Some(limit), cursor: None };
            assert_eq!(Window::new(&parameters, String::new()).unwrap_err().code(), Code::InvalidParameter);
        }
    }
}
