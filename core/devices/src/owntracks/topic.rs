//! Who sent a message: the topic `owntracks/<user>/<device>`, or what HTTP mode has in its place.

use crate::Request;

/// First level of every topic.
const BASE: &str = "owntracks/";
/// Levels below the device's own.
const BELOW: &[&str] = &[
    "event",
    "waypoint",
    "waypoints",
    "beacon",
    "step",
    "steps",
    "info",
    "cmd",
    "dump",
    "status",
    "request",
];

/// The sender by the request's head: topic of MQTT, headers or query of HTTP mode.
pub(super) fn sender(request: &Request<'_>) -> Option<String> {
    if request.method == "PUBLISH" {
        return Some(name(request.path()));
    }
    let header = |name| request.header(name).and_then(|value| std::str::from_utf8(value).ok());
    let named = |user: &str, device: &str| format!("{}-{}", user.trim(), device.trim());
    if let (Some(user), Some(device)) = (header("X-Limit-U"), header("X-Limit-D")) {
        return Some(named(user, device));
    }
    let (_, query) = request.target.split_once('?')?;
    let value = |name: &str| {
        let found =
            query.split('&').filter_map(|part| part.split_once('=')).find(|(known, _)| *known == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    };
    Some(named(value("u")?, value("d")?))
}

/// A topic as a name: without the first level and what is below the device, `-` between user and device.
pub(super) fn name(topic: &str) -> String {
    let topic = topic.trim_matches('/');
    above(topic.strip_prefix(BASE).unwrap_or(topic)).replace('/', "-")
}

/// The device's own topic, without what is below it.
pub(super) fn device(topic: &str) -> &str {
    let base = topic.len() - topic.trim_start_matches('/').len();
    let base =
        base + if topic.get(base..).is_some_and(|topic| topic.starts_with(BASE)) { BASE.len() } else { 0 };
    let own = above(topic.get(base..).unwrap_or_default()).len();
    topic.get(..base + own).unwrap_or(topic)
}

fn above(topic: &str) -> &str {
    let above = topic.rsplit_once('/').filter(|(above, last)| BELOW.contains(last) && above.contains('/'));
    above.map_or(topic, |(above, _)| above)
}

#[cfg(test)]
mod tests {
    use super::{device, name};

    #[test]
    fn a_topic_is_user_and_device() {
        assert_eq!(name("owntracks/jane/phone"), "jane-phone");
        assert_eq!(name("/owntracks/jane/phone/event"), "jane-phone");
        assert_eq!(name("fleet/jane/phone/waypoints"), "fleet-jane-phone");
        assert_eq!(name("owntracks/jane/event"), "jane-event");
        assert_eq!(device("owntracks/jane/phone/event"), "owntracks/jane/phone");
        assert_eq!(device("owntracks/jane/event"), "owntracks/jane/event");
        assert_eq!(device("fleet/jane/phone"), "fleet/jane/phone");
    }
}
