//! The table of rights.

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks, acts on alarms, and tells devices what to do.
    Operator,
    /// Looks, and keeps the register: whose the devices are, with which keys, in whose hands.
    DeviceOperator,
    /// All of that, and manages accounts.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::DeviceOperator, Self::Admin];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::DeviceOperator => "device-operator",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What somebody may want to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// See devices, events, alarms, evidence and the live stream.
    Read,
    /// Take note of alarms.
    Operate,
    /// Tell devices what to do.
    Order,
    /// Let what opens a seal be sent.
    Authorise,
    /// Take steps of movements under seal.
    Move,
    /// Draw places and routes.
    Draw,
    /// See what speaks against whom.
    Assess,
    /// Change the register of devices.
    Register,
    /// Make and delete accounts and set anybody's password.
    Administer,
    /// Capture EPCIS events, and keep queries and subscriptions.
    Exchange,
    /// Set one's own password.
    OwnPassword,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 11] = [
        Self::Read,
        Self::Operate,
        Self::Order,
        Self::Authorise,
        Self::Move,
        Self::Draw,
        Self::Assess,
        Self::Register,
        Self::Administer,
        Self::Exchange,
        Self::OwnPassword,
    ];

    /// The word for it, as keys name it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Order => "order",
            Self::Authorise => "authorise",
            Self::Move => "move",
            Self::Draw => "draw",
            Self::Assess => "assess",
            Self::Register => "register",
            Self::Administer => "administer",
            Self::Exchange => "exchange",
            Self::OwnPassword => "own-password",
        }
    }

    /// The right of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.word() == word)
    }

    /// Whether a key may have it: accounts, passwords and keys are for people.
    #[must_use]
    pub const fn is_for_keys(self) -> bool {
        !matches!(self, Self::Administer | Self::OwnPassword)
    }

    /// The words for it, after "may not".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "act on alarms",
            Self::Order => "order devices",
            Self::Authorise => "authorise commands",
            Self::Move => "take steps of movements",
            Self::Draw => "draw places",
            Self::Assess => "see the inspection queue",
            Self::Register => "change the register of devices",
            Self::Administer => "manage accounts",
            Self::Exchange => "capture EPCIS events",
            Self::OwnPassword => "set a password",
        }
    }
}

/// Who may do what.
#[must_use]
pub const fn can(role: Role, right: Right) -> bool {
    match right {
        Right::Read | Right::OwnPassword => match role {
            Role::Viewer | Role::Operator | Role::DeviceOperator | Role::Admin => true,
        },
        Right::Operate | Right::Order | Right::Authorise | Right::Move | Right::Draw | Right::Assess => {
            match role {
                Role::Viewer | Role::DeviceOperator => false,
                Role::Operator | Role::Admin => true,
            }
        }
        Right::Exchange => match role {
            Role::Viewer => false,
            Role::Operator | Role::DeviceOperator | Role::Admin => true,
        },
        Right::Register => match role {
            Role::Viewer | Role::Operator => false,
            Role::DeviceOperator | Role::Admin => true,
        },
        Right::Administer => match role {
            Role::Viewer | Role::Operator | Role::DeviceOperator => false,
            Role::Admin => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_row_by_row() {
        let rows = [
            (Right::Read, [true, true, true, true]),
            (Right::Operate, [false, true, false, true]),
            (Right::Order, [false, true, false, true]),
            (Right::Authorise, [false, true, false, true]),
            (Right::Move, [false, true, false, true]),
            (Right::Draw, [false, true, false, true]),
            (Right::Assess, [false, true, false, true]),
            (Right::Register, [false, false, true, true]),
            (Right::Administer, [false, false, false, true]),
            (Right::Exchange, [false, true, true, true]),
            (Right::OwnPassword, [true, true, true, true]),
        ];
        assert_eq!(rows.map(|(right, _)| right), Right::ALL);
        for (right, allowed) in rows {
            assert_eq!(Role::ALL.map(|role| can(role, right)), allowed, "{right:?}");
        }
    }
}
