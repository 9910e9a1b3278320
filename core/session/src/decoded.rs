//! What a session made of the bytes it was given: reports, in the order of their frames.

use plomb_model::{DeviceId, Event, Issue};

/// The reports of one `receive`, in flat columns so that a gateway's thousands of frames cost no allocation each.
///
/// A session writes a report by [`Decoded::event`], [`Decoded::issue`], [`Decoded::reply`] in any order and then
/// closes it with [`Decoded::report`]. What is written and not closed belongs to the next report; replies
/// without a report (commands, answers to a timer) are closed with [`Decoded::reply_only`].
#[derive(Debug, Default)]
pub struct Decoded {
    frames: Vec<u8>,
    events: Vec<Event>,
    issues: Vec<Issue>,
    replies: Vec<u8>,
    reports: Vec<Ends>,
    closing: Option<&'static str>,
    disbelieved: u32,
}

/// Where each column of a report ends, and whose it is.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    device: Option<DeviceId>,
    frame: usize,
    event: usize,
    issue: usize,
    reply: usize,
}

/// One frame and what it brought.
#[derive(Clone, Copy, Debug)]
pub struct ReportRef<'a> {
    /// The device (or gateway) that sent it, once it is known.
    pub device: Option<DeviceId>,
    /// The bytes as they came over the wire; empty for what a timer or a command made.
    pub frame: &'a [u8],
    /// What the frame means.
    pub events: &'a [Event],
    /// What is wrong with it.
    pub issues: &'a [Issue],
    /// What to send back once the report is durable.
    pub replies: &'a [u8],
}

impl Decoded {
    /// Adds an event to the report in hand.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Adds an issue to the report in hand.
    pub fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    /// Adds bytes to send back to the report in hand.
    pub fn reply(&mut self, bytes: &[u8]) {
        self.replies.extend_from_slice(bytes);
    }

    /// Closes the report in hand: `frame` are its bytes as they came.
    pub fn report(&mut self, device: Option<DeviceId>, frame: &[u8]) {
        self.frames.extend_from_slice(frame);
        self.reports.push(Ends {
            device,
            frame: self.frames.len(),
            event: self.events.len(),
            issue: self.issues.len(),
            reply: self.replies.len(),
        });
    }

    /// Bytes to send that no frame asked for.
    pub fn reply_only(&mut self, device: Option<DeviceId>, bytes: &[u8]) {
        self.reply(bytes);
        self.report(device, &[]);
    }

    /// Adds an issue to the last report, or to the report in hand where there is none.
    pub fn add_to_last(&mut self, issue: Issue) {
        match self.reports.last_mut() {
            Some(last) => {
                self.issues.insert(last.issue, issue);
                last.issue += 1;
            }
            None => self.issues.push(issue),
        }
    }

    /// Notes that the proofs of so many events of the sender's own do not count.
    pub const fn disbelieve(&mut self, count: u32) {
        self.disbelieved = self.disbelieved.saturating_add(count);
    }

    /// How many events of the sender's own have a proof that does not count, as the rules have found.
    #[must_use]
    pub const fn disbelieved(&self) -> u32 {
        self.disbelieved
    }

    /// The conversation cannot go on; `reason` is for people.
    pub fn close(&mut self, reason: &'static str) {
        self.closing = Some(reason);
    }

    /// Why the conversation must end, if it must.
    #[must_use]
    pub const fn closing(&self) -> Option<&'static str> {
        self.closing
    }

    /// How many reports there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reports.len()
    }

    /// Whether there is no report.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// Bytes of all frames together, for limits.
    #[must_use]
    pub fn frame_bytes(&self) -> usize {
        self.frames.len()
    }

    /// All replies, one after another.
    #[must_use]
    pub fn all_replies(&self) -> &[u8] {
        &self.replies
    }

    /// The reports in the order of their frames.
    pub fn reports(&self) -> impl ExactSizeIterator<Item = ReportRef<'_>> {
        let mut start = Ends::default();
        self.reports.iter().map(move |end| {
            let report = ReportRef {
                device: end.device,
                frame: self.frames.get(start.frame..end.frame).unwrap_or_default(),
                events: self.events.get(start.event..end.event).unwrap_or_default(),
                issues: self.issues.get(start.issue..end.issue).unwrap_or_default(),
                replies: self.replies.get(start.reply..end.reply).unwrap_or_default(),
            };
            start = *end;
            report
        })
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.events.clear();
        self.issues.clear();
        self.replies.clear();
        self.reports.clear();
        self.closing = None;
        self.disbelieved = 0;
    }
}
