//! Every JSON shape of the API, as `docs/api.md` tells it. Core types have no serialisation of their own: what the
//! world sees is decided here, and a secret has no way in.

mod account;
mod alarm;
mod backtest;
mod case;
mod chain;
mod command;
mod comparison;
mod csv;
mod device;
mod event;
mod finding;
mod fleet;
mod movement;
mod position;
mod reading;
mod register;
mod report;
mod risk;
mod rules;
mod scorecard;
mod shared;
mod status;
mod time;
mod word;

pub(crate) use account::{AccountView, AccountsView, ApiKeyView, ApiKeysView, MadeApiKeyView, SessionView};
pub(crate) use alarm::{AlarmView, AlarmsView};
pub use backtest::BacktestView;
pub(crate) use case::{CaseFiguresView, CaseSummaryView, CaseView, CasesView, NamedTallyView};
pub(crate) use chain::{ChainView, IssueView, MessageView, RawView, ReplyView};
pub(crate) use command::{CommandView, CommandsView, DeviceCommandsView};
pub(crate) use comparison::{AgreementView, ComparisonView, ComparisonsView, ReportedSealView};
pub(crate) use device::{DeviceView, DevicesView, ExpectedView, SealView, TrustView};
pub use event::event_values;
pub(crate) use event::{EventView, HistoryView};
pub(crate) use finding::{FindingView, LookUpKind, LookUpView};
pub(crate) use fleet::{FleetView, TrackPoint, TrackView};
pub(crate) use movement::{
    CheckView, ChecklistView, CodeView, ImportView, MovementSummaryView, MovementView, MovementsView,
    PoliciesView, PolicyView, RowFaultView,
};
pub(crate) use position::PositionView;
pub(crate) use reading::ReadingView;
pub(crate) use register::{
    AliasView, AliasesView, AuditView, CredentialView, CredentialsView, CustodiesView, CustodyView, KeyView,
    KeysView, ModelView, ModelsView, NewSecretView, QuarantineView, QuarantinedView, ReaderView, ReadersView,
    RegisteredView, RegisteredsView,
};
pub(crate) use report::TripView;
pub(crate) use risk::{RiskQueueView, RiskView};
pub(crate) use rules::{RuleChangeView, RulesView};
pub(crate) use scorecard::{ScorecardView, ScorecardsView};
pub(crate) use shared::{LinkView, SharedView};
pub(crate) use status::{HealthView, ProtocolsView, StatusView};
pub(crate) use time::Time;
pub(crate) use word::{
    AlarmKindWord, AlarmStateWord, CaseStateWord, CheckWord, ClassWord, CommandKindWord, CommandStateWord,
    ConditionWord, DeliveryWord, EventKindWord, FixWord, FromText, GroundWord, GuaranteeWord, IdentityWord,
    KeyPurposeWord, LaneWord, LiveReasonWord, MovementStateWord, OutcomeWord, PriorityWord, ProtocolWord,
    RawProtocolWord, RoleWord, SealEvidenceWord, SignalWord, StandingWord, TransportWord, VerdictWord,
    one_of,
};
