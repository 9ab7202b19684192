//! What a field of statistics is: name, nature, and how it is taken from a subject.

use super::row::Kind;
use super::subject::Subject;

/// One column of `show stat`.
pub struct Field {
    pub name: &'static str,
    pub origin: Origin,
    pub nature: Nature,
    pub scope: Scope,
    /// What it means, for `show stat desc`.
    pub doc: &'static str,
    /// `None`: the column is empty for this subject.
    pub get: for<'a> fn(&Subject<'a>) -> Option<Value>,
}

impl Field {
    /// Origin, nature and scope of the field in a line of some kind: they are not the same for all.
    pub fn tags(&self, kind: Kind) -> (Origin, Nature, Scope) {
        let (origin, nature) = match (kind, self.name) {
            (Kind::Backend, "rate" | "rate_max") => (self.origin, Nature::Gauge),
            (Kind::Server, "act" | "bck") => (Origin::Status, self.nature),
            _ => (self.origin, self.nature),
        };
        (origin, nature, self.scope)
    }
}

/// A field's value; the variant is its type in typed output.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    U32(u32),
    S32(i32),
    U64(u64),
    /// Where `float` asks for more than whole numbers.
    Float(f64),
    Str(String),
}

impl Value {
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::U32(_) => "u32",
            Self::S32(_) => "s32",
            Self::U64(_) => "u64",
            Self::Float(_) => "flt",
            Self::Str(_) => "str",
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::U32(n) => write!(f, "{n}"),
            Self::S32(n) => write!(f, "{n}"),
            Self::U64(n) => write!(f, "{n}"),
            // To the microsecond, without the zeros behind.
            Self::Float(n) => f.write_str(format!("{n:.6}").trim_end_matches('0').trim_end_matches('.')),
            Self::Str(s) => f.write_str(s),
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Metric,
    Status,
    Key,
    Config,
    Product,
}

/// How a value behaves over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    Age,
    Average,
    Counter,
    Duration,
    Gauge,
    Limit,
    Max,
    Min,
    Name,
    Output,
    Rate,
    Time,
}

/// What a value is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Cluster,
    Process,
    Service,
    System,
}

impl Origin {
    pub fn letter(self) -> char {
        self.word().chars().next().unwrap_or('?')
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Metric => "Metric",
            Self::Status => "Status",
            Self::Key => "Key",
            Self::Config => "Config",
            Self::Product => "Product",
        }
    }
}

impl Nature {
    pub fn letter(self) -> char {
        match self {
            Self::Age => 'A',
            Self::Average => 'a',
            Self::Counter => 'C',
            Self::Duration => 'D',
            Self::Gauge => 'G',
            Self::Limit => 'L',
            Self::Max => 'M',
            Self::Min => 'm',
            Self::Name => 'N',
            Self::Output => 'O',
            Self::Rate => 'R',
            Self::Time => 'T',
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Age => "Age",
            Self::Average => "Avg",
            Self::Counter => "Counter",
            Self::Duration => "Duration",
            Self::Gauge => "Gauge",
            Self::Limit => "Limit",
            Self::Max => "Max",
            Self::Min => "Min",
            Self::Name => "Name",
            Self::Output => "Output",
            Self::Rate => "Rate",
            Self::Time => "Time",
        }
    }
}

impl Scope {
    pub fn letter(self) -> char {
        match self {
            Self::Cluster => 'C',
            Self::Process => 'P',
            Self::Service => 'S',
            Self::System => 's',
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Process => "Process",
            Self::Service => "Service",
            Self::System => "System",
        }
    }
}
