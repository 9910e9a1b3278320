//! Places and changes of the rules in a snapshot, each as the journal writes it, and how devices on movements stand to
//! places.

use plomb_evidence::{Action, Entry, Operated};
use plomb_model::{LatitudeE7, LongitudeE7, OccurredAt, ReceivedAt, Timestamp};
use plomb_rules::{Decision, DeviceIndex, Standstill, State, Watch};

use super::{ABSENT, Reader, SnapshotError, Writer, count};

pub(super) fn write(out: &mut Writer, state: &State) {
    out.numbers(&[count(state.places.len())]);
    for place in state.places.iter() {
        let action = Action::Draw { place: place.id.clone(), feature: place.feature().to_string().into() };
        // Who drew it, and when, is in the journal.
        let at = ReceivedAt(Timestamp::from_millis(0));
        out.entry(&Entry::Operated(Operated { at, by: "".into(), action }));
    }
    write_rules(out, state);
    let watches: Vec<i64> = state
        .watches
        .iter()
        .flat_map(|(device, watch)| {
            let stand = watch.standstill;
            [
                i64::from(device.0),
                i64::from(watch.leg),
                i64::from(watch.off_route),
                i64::from(watch.out_of_zones),
                i64::from(watch.apart),
                stand.map_or(0, |stand| i64::from(stand.at.0.e7())),
                stand.map_or(0, |stand| i64::from(stand.at.1.e7())),
                stand.map_or(ABSENT, |stand| stand.since.0.as_millis()),
            ]
        })
        .collect();
    out.numbers(&watches);
}

pub(super) fn read(reader: &mut Reader<'_>, state: &mut State) -> Result<(), SnapshotError> {
    let [places] = reader.fixed()?;
    for _ in 0..places {
        let Entry::Operated(Operated { action: Action::Draw { place, feature }, .. }) = reader.entry()?
        else {
            return Err(reader.damaged());
        };
        state.draw(&place, &feature).map_err(|_| reader.damaged())?;
    }
    read_rules(reader, state)?;
    let numbers = reader.numbers()?;
    for watch in numbers.chunks_exact(8) {
        if let [device, leg, off_route, out_of_zones, apart, latitude, longitude, since] = watch {
            let small = |number: i64| u8::try_from(number).map_err(|_| reader.damaged());
            let whole = |number: i64| u32::try_from(number).map_err(|_| reader.damaged());
            let at = (
                LatitudeE7::new(*latitude).map_err(|_| reader.damaged())?,
                LongitudeE7::new(*longitude).map_err(|_| reader.damaged())?,
            );
            let since = OccurredAt(Timestamp::from_millis(*since));
            let watch = Watch {
                leg: whole(*leg)?,
                off_route: small(*off_route)?,
                out_of_zones: small(*out_of_zones)?,
                apart: small(*apart)?,
                standstill: (since.0.as_millis() != ABSENT).then_some(Standstill { at, since }),
            };
            state.watches.set(DeviceIndex(whole(*device)?), watch);
        }
    }
    Ok(())
}

/// Changes of the rules, each as the journal writes its steps.
fn write_rules(out: &mut Writer, state: &State) {
    let mut steps = Vec::new();
    for change in state.rule_changes.iter() {
        let settings = change.settings.iter().map(|(name, value)| (name.clone(), value.to_string().into()));
        let fields = settings.chain([("reason".into(), change.reason.clone())]).collect();
        let (at, by) = change.proposed.clone();
        steps.push(rules_entry(at, by, change.number, "propose", fields));
        if let Some((at, by, decision)) = change.decided.clone() {
            let (step, fields): (_, Box<[_]>) = match decision {
                Decision::Approved => ("approve", Box::default()),
                Decision::Refused(reason) => ("refuse", Box::new([("reason".into(), reason)])),
            };
            steps.push(rules_entry(at, by, change.number, step, fields));
        }
    }
    out.numbers(&[count(steps.len())]);
    steps.iter().for_each(|step| out.entry(step));
}

fn rules_entry(
    at: ReceivedAt,
    by: Box<str>,
    change: u64,
    step: &str,
    fields: Box<[(Box<str>, Box<str>)]>,
) -> Entry {
    Entry::Operated(Operated { at, by, action: Action::Rules { change, step: step.into(), fields } })
}

fn read_rules(reader: &mut Reader<'_>, state: &mut State) -> Result<(), SnapshotError> {
    let [steps] = reader.fixed()?;
    for _ in 0..steps {
        let Entry::Operated(Operated { at, by, action: Action::Rules { change, step, fields } }) =
            reader.entry()?
        else {
            return Err(reader.damaged());
        };
        state.change_rules(at, &by, change, (&step, &fields));
    }
    Ok(())
}
