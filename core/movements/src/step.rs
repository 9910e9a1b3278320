//! What people do to a movement: a step each, read from its name and a form.

use plomb_model::{DeviceClass, DeviceId, Timestamp};

use crate::declaration::Declaration;
use crate::form::{Fault, Form};
use crate::link::Audience;
use crate::opening::Way;
use crate::state::MovementState as S;

/// What the carrier says has happened (NCTS code list CL019).
pub const INCIDENT_CODES: [(u8, &str); 6] = [
    (1, "the carrier had to leave the itinerary"),
    (2, "seals were broken or tampered with beyond the carrier's control"),
    (3, "the goods were moved to another means of transport"),
    (4, "imminent danger made unloading necessary"),
    (5, "something else that keeps the holder from his obligations"),
    (6, "a part of the means of transport was changed"),
];

/// What a time looks like.
const TIME: &str = "time such as 2026-12-01T18:00:00Z";

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's sentence says what its fields are")]
pub enum Step {
    /// Write a declaration down.
    Declare(Box<Declaration>),
    /// Change it before it is handed in.
    Amend(Box<Declaration>),
    /// Hand it in.
    Submit,
    /// Customs accepts it and may give it its number; the guarantee is reserved.
    Accept { mrn: Box<str> },
    /// Customs sends it back.
    Reject { reason: Box<str> },
    /// The class of device is decided.
    Book { class: DeviceClass },
    /// A device is armed on a unit; `reason` where a check fails and it is armed all the same.
    Arm { unit: Box<str>, device: DeviceId, reason: Box<str> },
    /// A seal without a device of its own, or with a passive one, is applied; `reason` where its number was not declared.
    ApplySeal { unit: Box<str>, number: Box<str>, device: Option<DeviceId>, reason: Box<str> },
    /// It leaves.
    Depart { place: Box<str> },
    /// The carrier declares an incident.
    Incident { code: u8, text: Box<str>, place: Box<str> },
    /// An authority confirms an incident, by its number from 1.
    Endorse { incident: u8, authority: Box<str> },
    /// It is stopped.
    Intercept { reason: Box<str> },
    /// What an inspection found.
    Inspect { finding: Box<str> },
    /// A seal is replaced by another.
    Reseal { unit: Box<str>, old: Box<str>, new: Box<str>, device: Option<DeviceId> },
    /// It goes on.
    Resume,
    /// It is handed to a partner administration.
    HandOver { partner: Box<str> },
    /// The partner takes it.
    TakeOver { partner: Box<str> },
    /// It is at its destination.
    Arrive { place: Box<str> },
    /// Seals and trip report agree.
    Verify { remark: Box<str> },
    /// They do not.
    Differ { text: Box<str> },
    /// A discrepancy is explained.
    Explain { text: Box<str> },
    /// A seal or device is taken off with authority.
    Remove { seal: Box<str> },
    /// It is over, and the guarantee is released.
    Discharge,
    /// Duty or penalty is claimed.
    Recover { reason: Box<str> },
    /// It may arrive later.
    Extend { limit: Timestamp, reason: Box<str> },
    /// It is given up.
    Cancel { reason: Box<str> },
    /// Somebody asks for a seal to be opened, from (now unless said) and until, at a place, in a way.
    AuthoriseOpening {
        seal: Box<str>,
        from: Option<Timestamp>,
        until: Timestamp,
        place: Box<str>,
        way: Way,
        card: Box<str>,
        reason: Box<str>,
    },
    /// A second person agrees to an opening, by its number from 1.
    ConfirmOpening { opening: u8 },
    /// Somebody is given the one-time code of an opening.
    GiveCode { opening: u8 },
    /// An opening is taken back.
    WithdrawOpening { opening: u8, reason: Box<str> },
    /// A link is given to somebody without an account.
    Share { audience: Audience, until: Timestamp },
    /// A link is taken back, by its number from 1.
    WithdrawLink { link: u8 },
    /// The device has opened as authorised: a step of its report.
    Opened { opening: u8, at: Timestamp },
    /// An authorised opening has not taken place: a step of the clock.
    OpeningMissed { opening: u8 },
    /// Its limit has passed: a step of the clock.
    Overdue,
}

impl Step {
    /// The names of all steps that people take.
    pub const NAMES: [&'static str; 32] = [
        "declare",
        "amend",
        "submit",
        "accept",
        "reject",
        "book",
        "arm",
        "apply-seal",
        "depart",
        "incident",
        "endorse",
        "intercept",
        "inspect",
        "reseal",
        "resume",
        "hand-over",
        "take-over",
        "arrive",
        "verify",
        "differ",
        "explain",
        "remove",
        "discharge",
        "recover",
        "extend",
        "cancel",
        "authorise-opening",
        "confirm-opening",
        "give-code",
        "withdraw-opening",
        "share",
        "withdraw-link",
    ];

    /// The step of this name with the fields of this form.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn of(name: &str, form: &Form) -> Result<Self, Vec<Fault>> {
        form.check().map_err(|fault| vec![fault])?;
        match name {
            "declare" => Ok(Self::Declare(Box::new(Declaration::of(form)?))),
            "amend" => Ok(Self::Amend(Box::new(Declaration::of(form)?))),
            _ => Self::small(name, form).map_err(|fault| vec![fault]),
        }
    }

    fn small(name: &str, form: &Form) -> Result<Self, Fault> {
        let text = |field: &str| Box::<str>::from(form.get(field).unwrap_or_default());
        let need = |field: &str| form.need(field).map(Box::<str>::from);
        let device = || form.read::<DeviceId>("device", "device, such as jointech:8041300978");
        Ok(match name {
            "submit" => Self::Submit,
            "accept" => Self::Accept { mrn: text("mrn") },
            "reject" => Self::Reject { reason: need("reason")? },
            "book" => {
                let name = form.need("class")?;
                let class = [DeviceClass::Passive, DeviceClass::SemiActive, DeviceClass::Active];
                let class = class.into_iter().find(|class| class.name() == name);
                let why = "it must be one of passive, semi-active, active";
                Self::Book { class: class.ok_or_else(|| Fault::new("class", why))? }
            }
            "arm" => {
                let device = device()?.ok_or_else(|| Fault::new("device", "it is missing"))?;
                Self::Arm { unit: need("unit")?, device, reason: text("reason") }
            }
            "apply-seal" => Self::ApplySeal {
                unit: need("unit")?,
                number: need("number")?,
                device: device()?,
                reason: text("reason"),
            },
            "depart" => Self::Depart { place: text("place") },
            "incident" => {
                let code: Option<u8> = form.read("code", "code from 1 to 6")?;
                let known = code.filter(|code| INCIDENT_CODES.iter().any(|(known, _)| known == code));
                let code =
                    known.ok_or_else(|| Fault::new("code", "it must be a code from 1 to 6 (CL019)"))?;
                Self::Incident { code, text: need("text")?, place: text("place") }
            }
            "endorse" => {
                let incident = form.read("incident", "number of an incident, from 1")?;
                let incident = incident.ok_or_else(|| Fault::new("incident", "it is missing"))?;
                Self::Endorse { incident, authority: need("authority")? }
            }
            "intercept" => Self::Intercept { reason: need("reason")? },
            "inspect" => Self::Inspect { finding: need("finding")? },
            "reseal" => {
                Self::Reseal { unit: need("unit")?, old: need("old")?, new: need("new")?, device: device()? }
            }
            "resume" => Self::Resume,
            "hand-over" => Self::HandOver { partner: need("partner")? },
            "take-over" => Self::TakeOver { partner: need("partner")? },
            "arrive" => Self::Arrive { place: text("place") },
            "verify" => Self::Verify { remark: text("remark") },
            "differ" => Self::Differ { text: need("text")? },
            "explain" => Self::Explain { text: need("text")? },
            "remove" => Self::Remove { seal: need("seal")? },
            "discharge" => Self::Discharge,
            "recover" => Self::Recover { reason: need("reason")? },
            "extend" => Self::Extend { limit: time(form, "limit")?, reason: need("reason")? },
            "cancel" => Self::Cancel { reason: need("reason")? },
            "overdue" => Self::Overdue,
            _ => return Self::of_permission(name, form),
        })
    }

    /// Steps about who may open a seal, or look.
    fn of_permission(name: &str, form: &Form) -> Result<Self, Fault> {
        let need = |field: &str| form.need(field).map(Box::<str>::from);
        Ok(match name {
            "authorise-opening" => Self::authorise(form)?,
            "confirm-opening" => Self::ConfirmOpening { opening: number_of(form)? },
            "give-code" => Self::GiveCode { opening: number_of(form)? },
            "withdraw-opening" => {
                Self::WithdrawOpening { opening: number_of(form)?, reason: need("reason")? }
            }
            "share" => {
                let name = form.need("audience")?;
                let audience = Audience::ALL.into_iter().find(|audience| audience.name() == name);
                let why = "it must be shipper or driver";
                Self::Share {
                    audience: audience.ok_or_else(|| Fault::new("audience", why))?,
                    until: time(form, "until")?,
                }
            }
            "withdraw-link" => {
                let link = form.read("link", "number of a link, from 1")?;
                Self::WithdrawLink { link: link.ok_or_else(|| Fault::new("link", "it is missing"))? }
            }
            "opened" => Self::Opened { opening: number_of(form)?, at: time(form, "at")? },
            "opening-missed" => Self::OpeningMissed { opening: number_of(form)? },
            _ => return Err(Fault::new("step", format!("it must be one of {}", Self::NAMES.join(", ")))),
        })
    }

    fn authorise(form: &Form) -> Result<Self, Fault> {
        let text = |field: &str| Box::<str>::from(form.get(field).unwrap_or_default());
        let word = form.get("way").unwrap_or("any");
        let names = Way::ALL.map(Way::name).join(", ");
        let way = Way::ALL.into_iter().find(|way| way.name() == word);
        let way = way.ok_or_else(|| Fault::new("way", format!("it must be one of {names}")))?;
        if !text("card").is_empty() && way != Way::Card {
            return Err(Fault::new("card", "it is for the way `card` only"));
        }
        Ok(Self::AuthoriseOpening {
            seal: form.need("seal")?.into(),
            from: form.read("from", TIME)?,
            until: time(form, "until")?,
            place: text("place"),
            way,
            card: text("card"),
            reason: form.need("reason")?.into(),
        })
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Declare(_) => "declare",
            Self::Amend(_) => "amend",
            Self::Submit => "submit",
            Self::Accept { .. } => "accept",
            Self::Reject { .. } => "reject",
            Self::Book { .. } => "book",
            Self::Arm { .. } => "arm",
            Self::ApplySeal { .. } => "apply-seal",
            Self::Depart { .. } => "depart",
            Self::Incident { .. } => "incident",
            Self::Endorse { .. } => "endorse",
            Self::Intercept { .. } => "intercept",
            Self::Inspect { .. } => "inspect",
            Self::Reseal { .. } => "reseal",
            Self::Resume => "resume",
            Self::HandOver { .. } => "hand-over",
            Self::TakeOver { .. } => "take-over",
            Self::Arrive { .. } => "arrive",
            Self::Verify { .. } => "verify",
            Self::Differ { .. } => "differ",
            Self::Explain { .. } => "explain",
            Self::Remove { .. } => "remove",
            Self::Discharge => "discharge",
            Self::Recover { .. } => "recover",
            Self::Extend { .. } => "extend",
            Self::Cancel { .. } => "cancel",
            Self::AuthoriseOpening { .. } => "authorise-opening",
            Self::ConfirmOpening { .. } => "confirm-opening",
            Self::GiveCode { .. } => "give-code",
            Self::WithdrawOpening { .. } => "withdraw-opening",
            Self::Share { .. } => "share",
            Self::WithdrawLink { .. } => "withdraw-link",
            Self::Opened { .. } => "opened",
            Self::OpeningMissed { .. } => "opening-missed",
            Self::Overdue => "overdue",
        }
    }

    /// The states in which the step of this name may be taken; none for the first step, which makes the movement.
    #[must_use]
    pub fn states(name: &str) -> &'static [S] {
        match name {
            "amend" | "submit" => &[S::Draft],
            "accept" | "reject" => &[S::Submitted],
            "book" => &[S::Accepted],
            "arm" | "apply-seal" => &[S::Booked, S::Armed],
            "depart" => &[S::Armed],
            "incident" | "endorse" => &[S::InTransit, S::Intercepted, S::AtBorder, S::Arrived],
            "intercept" => &[S::InTransit, S::AtBorder],
            "inspect" => &[S::Intercepted, S::Discrepancy],
            "reseal" => &[S::InTransit, S::Intercepted, S::AtBorder],
            "resume" => &[S::Intercepted],
            "hand-over" | "arrive" => &[S::InTransit],
            "take-over" => &[S::AtBorder],
            "verify" => &[S::Arrived],
            "differ" => &[S::Arrived, S::Verified],
            "explain" => &[S::Discrepancy],
            "remove" => &[S::Verified, S::Discrepancy],
            "discharge" => &[S::Disarmed],
            "recover" => &[S::Intercepted, S::Discrepancy, S::InTransit, S::AtBorder],
            "extend" => &[S::Accepted, S::Booked, S::Armed, S::InTransit, S::Intercepted, S::AtBorder],
            "cancel" => &[S::Draft, S::Submitted, S::Accepted, S::Booked],
            // Whoever took a movement over may open it; while nobody has, nobody may.
            "authorise-opening" | "confirm-opening" | "give-code" => {
                &[S::InTransit, S::Intercepted, S::Arrived, S::Verified, S::Discrepancy]
            }
            "withdraw-opening" => {
                &[S::InTransit, S::Intercepted, S::AtBorder, S::Arrived, S::Verified, S::Discrepancy]
            }
            "share" => {
                &[S::Accepted, S::Booked, S::Armed, S::InTransit, S::Intercepted, S::AtBorder, S::Arrived]
            }
            "withdraw-link" => &[
                S::Accepted,
                S::Booked,
                S::Armed,
                S::InTransit,
                S::Intercepted,
                S::AtBorder,
                S::Arrived,
                S::Verified,
                S::Discrepancy,
                S::Disarmed,
            ],
            "overdue" => &[S::Armed, S::InTransit, S::Intercepted, S::AtBorder],
            _ => &[],
        }
    }
}

fn time(form: &Form, field: &'static str) -> Result<Timestamp, Fault> {
    form.read(field, TIME)?.ok_or_else(|| Fault::new(field, "it is missing"))
}

fn number_of(form: &Form) -> Result<u8, Fault> {
    let opening = form.read("opening", "number of an opening, from 1")?;
    opening.ok_or_else(|| Fault::new("opening", "it is missing"))
}
