//! The answer that the back office waits for.

use plomb_model::ReceivedAt;

/// An answer `name` that accepts the message `id`; `now` is the delivery time.
pub(super) fn pass(name: &str, id: &str, now: ReceivedAt) -> String {
    let schema = if name == "stuResponseMsg" { "StuResponse_Rev1_0" } else { "PrvResponse_Rev1_0" };
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let time = now.0.to_string();
    // 2026-11-26T01:02:03.000Z is written 26/11/2026 01:02:03 UTC.
    let part = |from: usize, to: usize| time.get(from..to).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:noNamespaceSchemaLocation=\"http://cody.glpconnect.com/XSD/{schema}.xsd\" \
         deliveryTimeStamp=\"{}/{}/{} {} UTC\" messageID=\"{id}\" correlationID=\"{id}\">\
         <state>pass</state><stateMessage>Store OK</stateMessage></{name}>",
        part(8, 10),
        part(5, 7),
        part(0, 4),
        part(11, 19),
    )
}
