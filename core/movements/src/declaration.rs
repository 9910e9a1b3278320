//! What is declared: whose goods travel in what, from where to where, until when, and what is at stake.

use plomb_model::Timestamp;
use plomb_passive::identity::{ContainerError, ContainerNumber};

use crate::form::{Fault, Form};
use crate::money::Money;

/// Most units of one movement.
pub const UNITS_MAX: usize = 100;
/// Most goods of one movement.
pub const GOODS_MAX: usize = 100;
/// Most seals declared for one unit (NCTS takes 99).
pub const SEALS_MAX: usize = 99;

/// Who takes part, and in what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: Box<str>,
    /// Identifier such as an EORI number; empty where there is none.
    pub id: Box<str>,
}

/// Goods of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// Harmonized System code, 4 to 12 digits.
    pub hs: Box<str>,
    /// In words.
    pub description: Box<str>,
    /// Gross mass, kilograms, where it is declared.
    pub gross_kg: Option<u32>,
}

/// What sort of thing is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// Freight container (ISO 6346): its check digit must hold.
    Container,
    /// Truck with its own body.
    Truck,
    /// Trailer.
    Trailer,
    /// One opening of a tanker.
    TankerOpening,
    /// Rail wagon.
    Wagon,
}

impl UnitKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Container, Self::Truck, Self::Trailer, Self::TankerOpening, Self::Wagon];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Truck => "truck",
            Self::Trailer => "trailer",
            Self::TankerOpening => "tanker-opening",
            Self::Wagon => "wagon",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One thing that is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// Container number, registration plate, name of the opening.
    pub number: Box<str>,
    /// Numbers of the seals that are declared for it.
    pub seals: Vec<Box<str>>,
}

/// A declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The declarant's own reference (LRN of NCTS, at most 22 characters).
    pub lrn: Box<str>,
    /// The number that customs gave (MRN), or a national one; empty before.
    pub mrn: Box<str>,
    /// Name of the policy that applies.
    pub policy: Box<str>,
    /// Who answers for the movement.
    pub holder: Party,
    /// Who sends the goods.
    pub consignor: Party,
    /// Who gets them.
    pub consignee: Party,
    /// Who drives.
    pub carrier: Party,
    /// What travels.
    pub goods: Vec<Goods>,
    /// Duties and taxes that would be due.
    pub duty: Option<Money>,
    /// Reference of the guarantee; empty where none is given.
    pub guarantee: Box<str>,
    /// Amount of the guarantee.
    pub guaranteed: Option<Money>,
    /// In what it travels.
    pub units: Vec<Unit>,
    /// Office of departure.
    pub departure: Box<str>,
    /// Office of destination.
    pub destination: Box<str>,
    /// The route that was chosen; empty where there is none.
    pub route: Box<str>,
    /// It must have arrived by then.
    pub limit: Option<Timestamp>,
}

impl Declaration {
    /// The declaration of a form.
    ///
    /// # Errors
    /// All that is wrong with it, not only the first.
    pub fn of(form: &Form) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if let Err(fault) = form.check() {
            return Err(vec![fault]);
        }
        let text = |name: &str| Box::from(form.get(name).unwrap_or_default());
        let mut kept = |result: Result<Option<Money>, Fault>| {
            result.unwrap_or_else(|fault| {
                faults.push(fault);
                None
            })
        };
        let amount = "amount with its currency, such as 1250.50 USD";
        let (duty, guaranteed) = (kept(form.read("duty", amount)), kept(form.read("guaranteed", amount)));
        let limit = form.read("limit", "time such as 2026-12-01T18:00:00Z").unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        let declaration = Self {
            lrn: text("lrn"),
            mrn: text("mrn"),
            policy: text("policy"),
            holder: party(form, "holder"),
            consignor: party(form, "consignor"),
            consignee: party(form, "consignee"),
            carrier: party(form, "carrier"),
            goods: goods(form, &mut faults),
            duty,
            guarantee: text("guarantee"),
            guaranteed,
            units: units(form, &mut faults),
            departure: text("departure"),
            destination: text("destination"),
            route: text("route"),
            limit,
        };
        if declaration.lrn.is_empty() {
            faults.push(Fault::new("lrn", "it is missing: the declarant's own reference"));
        }
        if faults.is_empty() { Ok(declaration) } else { Err(faults) }
    }

    /// What it still lacks before it can be submitted.
    #[must_use]
    pub fn lacks(&self) -> Vec<Fault> {
        let needed: [(&str, &str); 5] = [
            ("policy", &self.policy),
            ("holder.name", &self.holder.name),
            ("carrier.name", &self.carrier.name),
            ("departure", &self.departure),
            ("destination", &self.destination),
        ];
        let missing = |(name, text): (&str, &str)| text.is_empty().then(|| Fault::new(name, "it is missing"));
        let mut faults: Vec<Fault> = needed.into_iter().filter_map(missing).collect();
        if self.units.is_empty() {
            faults.push(Fault::new("unit.1.number", "there is no container, truck or other unit"));
        }
        if self.goods.is_empty() {
            faults.push(Fault::new("goods.1.hs", "there are no goods"));
        }
        if self.limit.is_none() {
            faults.push(Fault::new("limit", "it is missing: by when it must have arrived"));
        }
        faults
    }

    /// The form of this declaration: [`Declaration::of`] reads it back.
    #[must_use]
    pub fn form(&self) -> Form {
        let mut form = Form::new();
        form.put("lrn", &*self.lrn);
        form.put("mrn", &*self.mrn);
        form.put("policy", &*self.policy);
        for (name, party) in [
            ("holder", &self.holder),
            ("consignor", &self.consignor),
            ("consignee", &self.consignee),
            ("carrier", &self.carrier),
        ] {
            form.put(format!("{name}.name"), &*party.name);
            form.put(format!("{name}.id"), &*party.id);
        }
        for (goods, place) in self.goods.iter().zip(1..) {
            form.put(format!("goods.{place}.hs"), &*goods.hs);
            form.put(format!("goods.{place}.description"), &*goods.description);
            let gross = goods.gross_kg.map(|kg| kg.to_string()).unwrap_or_default();
            form.put(format!("goods.{place}.gross_kg"), gross);
        }
        let amount = |money: Option<Money>| money.map(|money| money.to_string()).unwrap_or_default();
        form.put("duty", amount(self.duty));
        form.put("guarantee", &*self.guarantee);
        form.put("guaranteed", amount(self.guaranteed));
        for (unit, place) in self.units.iter().zip(1..) {
            form.put(format!("unit.{place}.kind"), unit.kind.name());
            form.put(format!("unit.{place}.number"), &*unit.number);
            for (seal, number) in unit.seals.iter().zip(1..) {
                form.put(format!("unit.{place}.seal.{number}"), &**seal);
            }
        }
        form.put("departure", &*self.departure);
        form.put("destination", &*self.destination);
        form.put("route", &*self.route);
        form.put("limit", self.limit.map(|limit| limit.to_string()).unwrap_or_default());
        form
    }
}

fn party(form: &Form, name: &str) -> Party {
    let text = |field: &str| form.get(&format!("{name}.{field}")).unwrap_or_default().into();
    Party { name: text("name"), id: text("id") }
}

fn goods(form: &Form, faults: &mut Vec<Fault>) -> Vec<Goods> {
    let mut all = Vec::new();
    for (inside, place) in form.list("goods").iter().zip(1..) {
        let field = |name: &str| format!("goods.{place}.{name}");
        let hs = inside.get("hs").unwrap_or_default().replace(['.', ' '], "");
        if !(4..=12).contains(&hs.len()) || !hs.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.push(Fault::new(field("hs"), "a code of the Harmonized System has 4 to 12 digits"));
        }
        let gross_kg = inside.read("gross_kg", "whole number of kilograms").unwrap_or_else(|fault| {
            faults.push(Fault::new(field("gross_kg"), fault.why));
            None
        });
        let description = inside.get("description").unwrap_or_default().into();
        all.push(Goods { hs: hs.into(), description, gross_kg });
    }
    if all.len() > GOODS_MAX {
        faults.push(Fault::new("goods", format!("at most {GOODS_MAX} are taken")));
    }
    all
}

fn units(form: &Form, faults: &mut Vec<Fault>) -> Vec<Unit> {
    let mut all: Vec<Unit> = Vec::new();
    for (inside, place) in form.list("unit").iter().zip(1..) {
        let field = |name: &str| format!("unit.{place}.{name}");
        let kind = inside.get("kind").unwrap_or("container");
        let Some(kind) = UnitKind::from_name(kind) else {
            let names = UnitKind::ALL.map(UnitKind::name).join(", ");
            faults.push(Fault::new(field("kind"), format!("it must be one of {names}")));
            continue;
        };
        let number = match number(kind, inside.get("number").unwrap_or_default()) {
            Ok(number) => number,
            Err(why) => {
                faults.push(Fault::new(field("number"), why));
                continue;
            }
        };
        let seals: Vec<Box<str>> = (1..=SEALS_MAX)
            .map_while(|number| inside.get(&format!("seal.{number}")).map(Box::from))
            .collect();
        if all.iter().any(|unit| unit.kind == kind && unit.number == number) {
            faults.push(Fault::new(field("number"), "the same unit comes twice"));
        }
        all.push(Unit { kind, number, seals });
    }
    if all.len() > UNITS_MAX {
        faults.push(Fault::new("unit", format!("at most {UNITS_MAX} are taken")));
    }
    all
}

/// The number of a unit in its one spelling.
fn number(kind: UnitKind, text: &str) -> Result<Box<str>, String> {
    if text.is_empty() {
        return Err("it is missing".to_owned());
    }
    if kind != UnitKind::Container {
        return Ok(text.to_uppercase().into());
    }
    match ContainerNumber::parse(text) {
        Ok(number) => Ok(number.to_string().into()),
        Err(
            error @ (ContainerError::CheckDigit { .. } | ContainerError::Category | ContainerError::Form),
        ) => Err(error.to_string()),
    }
}
