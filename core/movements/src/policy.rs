//! What differs from country to country: a policy is data. Five are shipped; an administration writes its own.

use std::collections::BTreeMap;

use plomb_model::DeviceClass;

use crate::form::Fault;

/// The policies that are shipped: East African Community, Zimbabwe, India, Eurasian Economic Union, European Union.
const SHIPPED: [&str; 5] = [
    include_str!("../profiles/eac.policy"),
    include_str!("../profiles/zw.policy"),
    include_str!("../profiles/in.policy"),
    include_str!("../profiles/eaeu.policy"),
    include_str!("../profiles/eu.policy"),
];

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Short name, such as `eac`.
    pub name: Box<str>,
    /// In words.
    pub title: Box<str>,
    /// How long a movement may take unless its declaration says, hours.
    pub limit_h: u32,
    /// The least class of device.
    pub class: DeviceClass,
    /// A device with less battery is not armed, per cent.
    pub battery_min_percent: u8,
    /// A device without a fix of at most this age is not armed, seconds; 0: none is asked for.
    pub fix_age_s_max: u32,
    /// So far off its corridor is a deviation, metres.
    pub deviation_m: u32,
    /// A stop longer than this outside approved places is an alarm, minutes.
    pub stop_min: u32,
    /// A verified movement whose alarms were all excused is discharged without a person.
    pub discharges_by_itself: bool,
    /// A seal that its device lets be opened is an alarm all the same, unless the opening was authorised here.
    pub openings_need_authority: bool,
    /// Time to take note of a critical alarm, seconds.
    pub acknowledge_critical_s: u32,
    /// Time to take note of a high one, seconds.
    pub acknowledge_high_s: u32,
    /// National codes of alarms, by the alarm's kind.
    pub codes: BTreeMap<Box<str>, Box<str>>,
    /// Fees and penalties, by what they are for, as texts with currency.
    pub fees: BTreeMap<Box<str>, Box<str>>,
}

impl Policy {
    /// The policies that are shipped.
    #[must_use]
    pub fn shipped() -> Vec<Self> {
        SHIPPED.iter().filter_map(|text| Self::parse(text).ok()).collect()
    }

    /// Reads the text form: `name = value` a line, `code.KIND` and `fee.WHAT` besides; `#` begins a remark.
    ///
    /// # Errors
    /// The first line that is wrong, or the field that is missing.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| Fault::new(format!("line {number}"), "it must be `name = value`"))?;
            if fields.insert(name.trim(), value.trim()).is_some() {
                return Err(Fault::new(name.trim(), "it comes twice"));
            }
        }
        let policy = Self::of(&mut fields)?;
        match fields.into_keys().next() {
            Some(unknown) => Err(Fault::new(unknown, "a policy has no such field")),
            None => Ok(policy),
        }
    }

    fn of(fields: &mut BTreeMap<&str, &str>) -> Result<Self, Fault> {
        let beginning = |fields: &mut BTreeMap<&str, &str>, prefix: &str| {
            let names: Vec<&str> = fields.keys().copied().filter(|name| name.starts_with(prefix)).collect();
            let mut found = BTreeMap::new();
            for name in names {
                let value = fields.remove(name).unwrap_or_default();
                found.insert(Box::from(name.trim_start_matches(prefix)), Box::from(value));
            }
            found
        };
        let (codes, fees) = (beginning(fields, "code."), beginning(fields, "fee."));
        let mut need =
            |name: &'static str| fields.remove(name).ok_or_else(|| Fault::new(name, "it is missing"));
        let class = need("class")?;
        let classes = [DeviceClass::Passive, DeviceClass::SemiActive, DeviceClass::Active];
        let class = classes.into_iter().find(|known| known.name() == class);
        let number = |name: &'static str, text: &str| {
            text.parse::<u32>().map_err(|_| Fault::new(name, "it must be a whole number from 0 up"))
        };
        let yes = |name: &'static str, text: &str| match text {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(Fault::new(name, "it must be yes or no")),
        };
        let percent = need("battery_min_percent")?.parse().ok().filter(|percent| *percent <= 100);
        Ok(Self {
            name: need("name")?.into(),
            title: need("title")?.into(),
            limit_h: number("limit_h", need("limit_h")?)?,
            class: class
                .ok_or_else(|| Fault::new("class", "it must be one of passive, semi-active, active"))?,
            battery_min_percent: percent
                .ok_or_else(|| Fault::new("battery_min_percent", "it must be from 0 to 100"))?,
            fix_age_s_max: number("fix_age_s_max", need("fix_age_s_max")?)?,
            deviation_m: number("deviation_m", need("deviation_m")?)?,
            stop_min: number("stop_min", need("stop_min")?)?,
            discharges_by_itself: yes("discharges_by_itself", need("discharges_by_itself")?)?,
            openings_need_authority: yes("openings_need_authority", need("openings_need_authority")?)?,
            acknowledge_critical_s: number("acknowledge_critical_s", need("acknowledge_critical_s")?)?,
            acknowledge_high_s: number("acknowledge_high_s", need("acknowledge_high_s")?)?,
            codes,
            fees,
        })
    }
}
