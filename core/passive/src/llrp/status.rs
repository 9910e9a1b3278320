//! What a reader says of a request: LLRPStatus, section 15.2 and 17.2.8 of the standard, in one line.

use super::codec::Item;
use super::table;

/// Number of the parameter LLRPStatus.
const STATUS: u16 = 287;
/// Errors told of one refusal; the standard lets them nest without end.
const ERRORS_TOLD_MAX: usize = 6;

/// The name of a status code.
#[must_use]
pub const fn name(code: u16) -> &'static str {
    match code {
        0 => "M_Success",
        100 => "M_ParameterError",
        101 => "M_FieldError",
        102 => "M_UnexpectedParameter",
        103 => "M_MissingParameter",
        104 => "M_DuplicateParameter",
        105 => "M_OverflowParameter",
        106 => "M_OverflowField",
        107 => "M_UnknownParameter",
        108 => "M_UnknownField",
        109 => "M_UnsupportedMessage",
        110 => "M_UnsupportedVersion",
        111 => "M_UnsupportedParameter",
        112 => "M_UnexpectedMessage",
        200 => "P_ParameterError",
        201 => "P_FieldError",
        202 => "P_UnexpectedParameter",
        203 => "P_MissingParameter",
        204 => "P_DuplicateParameter",
        205 => "P_OverflowParameter",
        206 => "P_OverflowField",
        207 => "P_UnknownParameter",
        208 => "P_UnknownField",
        209 => "P_UnsupportedParameter",
        300 => "A_Invalid",
        301 => "A_OutOfRange",
        401 => "R_DeviceError",
        _ => "an unknown status",
    }
}

/// A request that was not granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The code.
    pub code: u16,
    /// Code, the reader's own words, and each parameter and field that is wrong.
    pub text: String,
}

/// The refusal in an answer, if it is one; an answer without a status is none.
pub(super) fn refusal(items: &[Item<'_>]) -> Option<Refusal> {
    let code = |item: &Item<'_>| u16::try_from(item.number()).unwrap_or(u16::MAX);
    let of = |owner: u16, name: &'static str| {
        items.iter().filter(move |item| item.owner == owner && item.name == name && item.field.is_some())
    };
    let status = of(STATUS, "StatusCode").next().map(code)?;
    if status == 0 {
        return None;
    }
    let mut text = format!("{} ({status})", name(status));
    if let Some(said) = of(STATUS, "ErrorDescription").next().filter(|said| !said.bytes.is_empty()) {
        text.push_str(&format!(": {:?}", String::from_utf8_lossy(said.bytes)));
    }
    let errors = items.iter().filter(|item| matches!(item.name, "FieldNum" | "ParameterType" | "ErrorCode"));
    for item in errors.take(2 * ERRORS_TOLD_MAX) {
        match item.name {
            "FieldNum" => text.push_str(&format!(", field {}", item.number())),
            "ParameterType" => {
                let parameter = table::parameter(code(item)).map_or("unknown parameter", |row| row.1);
                text.push_str(&format!(", in {parameter}"));
            }
            _ => text.push_str(&format!(" {}", name(code(item)))),
        }
    }
    Some(Refusal { code: status, text })
}
