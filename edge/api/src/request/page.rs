//! How many items are asked for.

use std::borrow::Cow;

use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::view::FromText;

/// Items of a page when nothing is said: a screen and a bit.
const LIMIT_DEFAULT: u32 = 100;
/// Items of a page at most: a device is about 1 kB, so that an answer stays below a few MB.
const LIMIT_MAX: u32 = 1_000;

/// How many items of a page are asked for.
pub(crate) type Limit = Count<1, LIMIT_MAX, LIMIT_DEFAULT>;

/// A number of things from `MIN` to `MAX`, `DEFAULT` unless said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count<const MIN: u32, const MAX: u32, const DEFAULT: u32>(u32);

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Count<MIN, MAX, DEFAULT> {
    /// The number.
    pub(crate) fn get(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Default for Count<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> FromText for Count<MIN, MAX, DEFAULT> {
    fn from_text(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
        number.map(Self).ok_or_else(|| format!("it must be a whole number from {MIN} to {MAX}"))
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> PartialSchema for Count<MIN, MAX, DEFAULT> {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(MIN)).maximum(Some(MAX));
        RefOr::T(Schema::Object(schema.default(Some(DEFAULT.into())).build()))
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> ToSchema for Count<MIN, MAX, DEFAULT> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("CountFrom{MIN}To{MAX}"))
    }
}
