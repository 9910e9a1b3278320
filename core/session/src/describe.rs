//! A frame laid open for a person: each field with its place in the bytes, its name in the manual and its value.

/// One field of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// First byte, in the frame as it came over the wire.
    pub offset: usize,
    /// How many bytes (escaped bytes count as they came).
    pub length: usize,
    /// The manual's name.
    pub name: &'static str,
    /// The value in the manual's units, secrets redacted.
    pub value: String,
}

/// A frame's message name and its fields in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The manual's name for the message.
    pub name: String,
    /// The fields.
    pub fields: Vec<Field>,
}

impl Description {
    /// A message of this name without fields yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), fields: Vec::new() }
    }

    /// Adds a field.
    pub fn field(&mut self, offset: usize, length: usize, name: &'static str, value: impl ToString) {
        self.fields.push(Field { offset, length, name, value: value.to_string() });
    }
}
