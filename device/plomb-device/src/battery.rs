//! How long a charge lasts: an estimate for the choice of intervals, and for the forecast that a platform asks for.

/// What a board draws. The defaults are those of a board with a Cortex-M4, NB-IoT and GNSS, from data sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Asleep with its sensors, microamperes.
    pub sleep_ua: u32,
    /// A fix: some 20 s at 30 mA, microampere-hours.
    pub fix_uah: u32,
    /// A report and its answer: some 8 s of radio at 60 mA on average, microampere-hours.
    pub report_uah: u32,
    /// A signature: some 100 ms at 10 mA, microampere-hours.
    pub signature_uah: u32,
}

impl Default for Draw {
    fn default() -> Self {
        Self { sleep_ua: 60, fix_uah: 167, report_uah: 133, signature_uah: 1 }
    }
}

/// How a device is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Time between two reports, seconds.
    pub interval_s: u32,
    /// Of a hundred reports, how many have a fix of their own.
    pub fixes_percent: u8,
    /// Events of the seal in a day.
    pub seal_events_a_day: u16,
}

impl Draw {
    /// What is drawn on average, microamperes.
    #[must_use]
    pub fn average_ua(&self, usage: &Use) -> u32 {
        let reports_milli_per_h = 3_600_000 / u64::from(usage.interval_s.max(1));
        let report =
            u64::from(self.report_uah) * 100 + u64::from(self.fix_uah) * u64::from(usage.fixes_percent);
        let reports = reports_milli_per_h * report / 100_000;
        let event = u64::from(self.report_uah) + u64::from(self.fix_uah) + u64::from(self.signature_uah);
        let events = u64::from(usage.seal_events_a_day) * event / 24;
        u32::try_from(u64::from(self.sleep_ua) + reports + events).unwrap_or(u32::MAX)
    }

    /// Hours until a battery of `capacity_mah` with `percent` of charge is empty. A fifth is left out of account: cold,
    /// age, and its own discharge.
    #[must_use]
    pub fn hours(&self, usage: &Use, capacity_mah: u32, percent: u8) -> u32 {
        let usable_uah = u64::from(capacity_mah) * u64::from(percent.min(100)) * 8;
        u32::try_from(usable_uah / u64::from(self.average_ua(usage).max(1))).unwrap_or(u32::MAX)
    }
}
