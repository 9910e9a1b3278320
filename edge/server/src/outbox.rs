//! Commands from the state to conversations: what is due goes through the door of the conversation by which the
//! device was heard last, once that it is sent is durable.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use plomb_evidence::{Dispatched, Sent};
use plomb_flow::{Flow, Input};
use plomb_ingest::{Door, now};
use plomb_model::{ConnectionId, DeviceId, Dispatch};

use crate::round::Round;

/// Commands that found their conversation's door closed or full, told by the journal's writer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undelivered(Arc<Mutex<Vec<Sent>>>);

impl Undelivered {
    pub(crate) fn add(&self, sent: Sent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    }

    fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Conversations that take commands.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    doors: HashMap<ConnectionId, Door>,
    pub(crate) undelivered: Undelivered,
}

impl Outbox {
    pub(crate) fn reachable(&mut self, connection: ConnectionId, door: Door) {
        self.doors.insert(connection, door);
    }

    pub(crate) fn unreachable(&mut self, connection: ConnectionId, door: &Door) {
        if self.doors.get(&connection).is_some_and(|known| known.same_channel(door)) {
            self.doors.remove(&connection);
        }
    }

    pub(crate) fn closed(&mut self, connection: ConnectionId) {
        self.doors.remove(&connection);
    }

    /// Sends what is due to the devices that this round is about.
    pub(crate) fn send_touched(&self, round: &mut Round, flow: &mut Flow) {
        if flow.state().commands.open() == 0 {
            return;
        }
        let state = flow.state();
        let heard = round.outcome.touched.iter().filter_map(|index| state.devices.row(*index));
        let mut devices: BTreeSet<DeviceId> = heard.map(|device| device.id).collect();
        devices.extend(round.outcome.commands.iter().map(|(_, record)| record.device));
        self.send(round, flow, devices);
    }

    /// Sends what is due to any device, and takes back what found its door closed. Once a second.
    pub(crate) fn send_all(&self, round: &mut Round, flow: &mut Flow) {
        for sent in self.undelivered.take() {
            let Sent { connection, ticket, .. } = sent;
            let dispatch = Dispatch::Postponed("the conversation takes no command at the moment".into());
            let dispatched = Dispatched { at: now(), connection, ticket, dispatch };
            round.run(flow, &Input::Dispatched(&dispatched));
        }
        let devices: Vec<DeviceId> = flow.state().commands.waiting().copied().collect();
        self.send(round, flow, devices);
    }

    fn send(&self, round: &mut Round, flow: &mut Flow, devices: impl IntoIterator<Item = DeviceId>) {
        let at = now();
        for device in devices {
            if let Some((sent, door)) = self.due(flow, device, at) {
                round.send(flow, sent, door);
            }
        }
    }

    fn due(&self, flow: &Flow, device: DeviceId, at: plomb_model::ReceivedAt) -> Option<(Sent, Door)> {
        let state = flow.state();
        let connection = state.devices.row(state.devices.find(&device)?)?.connection;
        let door = self.doors.get(&connection)?;
        let ticket = state.due_command(&device, connection, at)?;
        let order = state.commands.get(ticket)?.order.clone();
        Some((Sent { at, device, connection, ticket, order }, door.clone()))
    }
}
