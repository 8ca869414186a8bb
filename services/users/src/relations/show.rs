//! `GET /users/{username}/relationship`

use axum::extract::State;
use principal::Principal;
use problem::{Json, Path};

use super::{Relationship, follows::visible, pair::between};
use crate::{
    Service, access,
    error::Error,
    groups::{Of, of},
};

/// Show what is between the caller and an account
///
/// Whether one follows the other, and whether the caller has blocked the account.
#[utoipa::path(
    get,
    path = "/users/{username}/relationship",
    tag = "Relations",
    params(("username" = String, Path, description = "The username.", example = "ada")),
    responses(
        (status = 200, description = "What is between the two.", body = Relationship),
        (status = 404, description = "There is no such account."),
    )
)]
pub(crate) async fn show_relationship(
    State(service): State<Service>,
    caller: Principal,
    Path(username): Path<String>,
) -> Result<(Of, Json<Relationship>), Error> {
    let me = access::signed_in(&caller)?;
    let other = visible(&service, &caller, &username).await?;
    let relationship = between(service.db.reader(), me, other).await?;
    Ok((of::relation(other, me), Json(relationship)))
}
