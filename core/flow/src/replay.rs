//! Recorded inputs through the same steps, and the comparison with what was decided at the time.

use plomb_evidence::{Action, CommandChange, Configured, Entry, Received, ReceivedRef};
use plomb_model::EntryId;
use plomb_rules::{Change, DeviceIndex, RuleSettings};

use crate::flow::{Flow, Outcome};

/// A recorded decision that the replay did not reach, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The input entry.
    pub about: EntryId,
    /// What was recorded.
    pub recorded: Vec<Change>,
    /// What the replay decided.
    pub replayed: Vec<Change>,
    /// In words, for differences that are no alarm.
    pub note: &'static str,
}

/// What a replay has found so far.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Entries replayed.
    pub entries: u64,
    /// Reports among them.
    pub reports: u64,
    /// Alarm changes compared.
    pub changes: u64,
    /// Where recorded and replayed differ, the first [`Replayed::MISMATCHES_MAX`] of them.
    pub mismatches: Vec<Mismatch>,
    /// All differences, kept or not.
    pub mismatches_total: u64,
    /// Steps of movements and cases that were not taken again.
    pub steps_refused: u64,
    pending: Option<Decision>,
}

/// What was decided about an entry.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decision {
    about: EntryId,
    alarms: Vec<Change>,
    commands: Vec<CommandChange>,
}

impl Replayed {
    /// Differences that are kept in full.
    pub const MISMATCHES_MAX: usize = 100;

    fn settle(&mut self, recorded: Option<Decision>) {
        let recorded = match (recorded, self.pending.as_ref()) {
            (Some(recorded), _) => recorded,
            (None, Some(pending)) => Decision { about: pending.about, ..Decision::default() },
            (None, None) => return,
        };
        let about = recorded.about;
        let replayed = match self.pending.take() {
            Some(replayed) if replayed.about == about => replayed,
            Some(replayed) => {
                self.note(Mismatch {
                    about: replayed.about,
                    recorded: Vec::new(),
                    replayed: replayed.alarms,
                    note: "decision not recorded",
                });
                Decision { about, ..Decision::default() }
            }
            None => Decision { about, ..Decision::default() },
        };
        self.changes += recorded.alarms.len() as u64;
        if recorded != replayed {
            let note = if recorded.alarms == replayed.alarms {
                "decisions about commands differ"
            } else {
                "decisions differ"
            };
            self.note(Mismatch { about, recorded: recorded.alarms, replayed: replayed.alarms, note });
        }
    }

    fn note(&mut self, mismatch: Mismatch) {
        self.mismatches_total += 1;
        if self.mismatches.len() < Self::MISMATCHES_MAX {
            self.mismatches.push(mismatch);
        }
    }

    /// What was decided about the entry before, for who does not compare it with what was recorded.
    pub(crate) fn take_decided(&mut self) -> Vec<Change> {
        self.pending.take().map_or_else(Vec::new, |decision| decision.alarms)
    }

    /// Call once after the last entry.
    pub fn finish(&mut self) {
        self.settle(None);
    }
}

impl Flow {
    /// Takes one recorded entry through the same steps as when it was new, and compares the decisions.
    /// Returns the devices whose state changed.
    pub fn replay(&mut self, id: EntryId, entry: &Entry, replayed: &mut Replayed) -> Vec<DeviceIndex> {
        replayed.entries += 1;
        if let Entry::Decided(decided) = entry {
            replayed.settle(Some(Decision {
                about: decided.about,
                alarms: decided.alarms.to_vec(),
                commands: decided.commands.to_vec(),
            }));
            return Vec::new();
        }
        // The decision about the input before this one was not recorded, if it was made.
        replayed.settle(None);
        let mut outcome = Outcome::default();
        match entry {
            Entry::Received(received) => {
                replayed.reports += 1;
                let reference = by_reference(received);
                let duplicates = self.apply(id, &reference, &mut outcome);
                self.judge(id, received.at);
                if duplicates != received.duplicates {
                    let note = "retransmissions are recognised differently";
                    replayed.note(Mismatch { about: id, recorded: Vec::new(), replayed: Vec::new(), note });
                }
            }
            Entry::Operated(operated) => {
                self.act(id, operated);
                let untaken = match operated.action {
                    Action::Step { .. } => self.movements.is_empty(),
                    Action::Case { .. } => self.cases.is_empty(),
                    _ => false,
                };
                if untaken {
                    replayed.steps_refused += 1;
                    let note = "a step of a movement or case is not taken again";
                    replayed.note(Mismatch { about: id, recorded: Vec::new(), replayed: Vec::new(), note });
                }
            }
            Entry::Clocked(now) => self.pass(id, *now),
            Entry::Sent(sent) => self.sent(sent),
            Entry::Dispatched(dispatched) => self.dispatched(dispatched),
            Entry::Opened(opened) => self.state.connect(opened.connection),
            Entry::Closed(closed) => self.state.disconnect(closed.connection),
            Entry::Configured(configured) => self.configure_again(id, configured, replayed),
            Entry::Decided(_) => {}
        }
        self.movements.clear();
        self.cases.clear();
        if !self.changes.is_empty() || !self.commands.is_empty() {
            let commands = self.command_changes();
            self.commands.clear();
            replayed.pending =
                Some(Decision { about: id, alarms: std::mem::take(&mut self.changes), commands });
        }
        outcome.touched
    }
}

impl Flow {
    fn configure_again(&mut self, id: EntryId, configured: &Configured, replayed: &mut Replayed) {
        let mut settings = RuleSettings::default();
        for (name, value) in &configured.settings {
            if settings.set(name, *value).is_err() {
                let note = "a rule setting of the journal is not known to this version";
                replayed.note(Mismatch { about: id, recorded: Vec::new(), replayed: Vec::new(), note });
            }
        }
        self.state.set_settings(settings);
    }
}

fn by_reference(received: &Received) -> ReceivedRef<'_> {
    ReceivedRef {
        at: received.at,
        connection: received.connection,
        protocol: received.protocol,
        device: received.device,
        frame: &received.frame,
        issues: &received.issues,
        events: &received.events,
        duplicates: received.duplicates,
        replies: &received.replies,
    }
}
