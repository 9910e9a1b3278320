//! Who asks: an account, by a session's token or cookie as everywhere, or by name and password with each request, as
//! EPCIS clients do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use plomb_epcis::Repository;

use super::exception::Exception;
use crate::access::{Api, Authorised, Exchange, Needs, Read};

/// Somebody with the right `R`.
pub(super) struct Visitor<R> {
    account: Authorised<R>,
}

impl<R: Needs> FromRequestParts<Arc<Api>> for Visitor<R> {
    type Rejection = Exception;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Exception> {
        api.admit_basic(parts).await?;
        Ok(Self { account: Authorised::<R>::from_request_parts(parts, api).await? })
    }
}

impl<R> Visitor<R> {
    /// The name of the account.
    pub(super) fn name(&self) -> &str {
        &self.account.session().name
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        self.account.now().as_millis()
    }
}

impl Visitor<Read> {
    /// Runs a reading of the repository, which may wait for the disk.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&Repository) -> Result<T, Exception> + Send + 'static,
    ) -> Result<T, Exception> {
        self.account.api().epcis(reading).await
    }

    /// The repository, for a conversation that goes on.
    pub(super) fn repository(&self) -> Arc<Repository> {
        self.account.api().epcis_repository()
    }
}

impl Visitor<Exchange> {
    /// Runs a change of the repository, which may wait for the disk.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Repository) -> Result<T, Exception> + Send + 'static,
    ) -> Result<T, Exception> {
        self.account.api().epcis(change).await
    }
}
