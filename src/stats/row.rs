//! One line of statistics at one moment.

use super::field::Value;
use super::fields::FIELDS;
use super::subject::Subject;

/// Which kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Frontend,
    Backend,
    Server,
    Listener,
}

impl Kind {
    /// In typed output.
    pub fn letter(self) -> char {
        self.word().chars().next().unwrap_or('?')
    }

    /// In JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Frontend => "Frontend",
            Self::Backend => "Backend",
            Self::Server => "Server",
            Self::Listener => "Listener",
        }
    }
}

/// The fields of one subject, in the order of [`FIELDS`].
#[derive(Debug, Clone)]
pub struct Row {
    pub kind: Kind,
    pub proxy_id: u32,
    /// Of the server or listener in its proxy; 0 for the proxy itself.
    pub id: u32,
    pub values: Vec<Option<Value>>,
}

impl Row {
    pub fn new(s: &Subject<'_>) -> Self {
        let (kind, id) = match s {
            Subject::Frontend(_) => (Kind::Frontend, 0),
            Subject::Backend(_) => (Kind::Backend, 0),
            Subject::Server(s) => (Kind::Server, s.server.id),
            Subject::Listener(l) => (Kind::Listener, l.listener.id),
        };
        let values = FIELDS.iter().map(|f| (f.get)(s)).collect();
        Self { kind, proxy_id: s.common().proxy.id, id, values }
    }

    /// A field by its name; a name that is no field is a mistake in the program, and gives nothing.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let i = FIELDS.iter().position(|f| f.name == name)?;
        self.values.get(i)?.as_ref()
    }

    pub fn text(&self, name: &str) -> String {
        self.get(name).map_or_else(String::new, ToString::to_string)
    }

    pub fn number(&self, name: &str) -> u64 {
        match self.get(name) {
            Some(Value::U32(n)) => u64::from(*n),
            Some(Value::U64(n)) => *n,
            Some(Value::S32(n)) => u64::try_from(*n).unwrap_or(0),
            _ => 0,
        }
    }
}
