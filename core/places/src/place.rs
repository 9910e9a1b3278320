//! What a place is.

use crate::arc::{Point, metres_between};
use crate::area::Polygon;
use crate::corridor::Corridor;

/// Longest identifier and longest name.
pub const NAME_BYTES_MAX: usize = 100;

/// What a place is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Where officers check what passes.
    Checkpoint,
    /// A customs office.
    Office,
    /// Where a driver may stop.
    Stop,
    /// Where a movement under seal must not be.
    Restricted,
    /// Where devices have no network, as is known.
    Gap,
    /// A route with its width.
    Route,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Checkpoint, Self::Office, Self::Stop, Self::Restricted, Self::Gap, Self::Route];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Office => "office",
            Self::Stop => "stop",
            Self::Restricted => "restricted",
            Self::Gap => "gap",
            Self::Route => "route",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a place is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Polygons.
    Area(Vec<Polygon>),
    /// A circle on the sphere.
    Circle {
        /// Its middle.
        centre: Point,
        /// Its radius, metres.
        radius_m: f64,
    },
    /// A route.
    Corridor(Corridor),
}

/// A place.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// By which movements name it: letters, digits, `-`, `_` and `.`.
    pub id: Box<str>,
    /// For people.
    pub name: Box<str>,
    /// What it is for.
    pub kind: Kind,
    /// Where it is.
    pub shape: Shape,
}

/// Why something is no place. A sentence for the person, with the member that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {why}")]
pub struct BadPlace {
    /// Which member of the feature.
    pub member: String,
    /// What is wrong, and what to do.
    pub why: String,
}

impl BadPlace {
    pub(crate) fn new(member: impl Into<String>, why: impl Into<String>) -> Self {
        Self { member: member.into(), why: why.into() }
    }

    /// There are as many places as are kept.
    #[must_use]
    pub fn too_many() -> Self {
        Self::new("id", format!("at most {} places are kept: remove some", crate::PLACES_MAX))
    }
}

impl Place {
    /// Whether a point lies in it: within the area, the circle, or the width of the route.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        match &self.shape {
            Shape::Area(polygons) => polygons.iter().any(|polygon| polygon.contains(point)),
            Shape::Circle { centre, radius_m } => metres_between(*centre, point) <= *radius_m,
            Shape::Corridor(corridor) => corridor.progress(point, 0).off_m <= corridor.half_width_m(),
        }
    }

    /// The corridor, where it is a route.
    #[must_use]
    pub const fn corridor(&self) -> Option<&Corridor> {
        match &self.shape {
            Shape::Corridor(corridor) => Some(corridor),
            _ => None,
        }
    }
}
