//! Whether a value is one: references, placeholders and words are none.

/// What a value is, by its look alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Nothing, `null`, a flag, a small number.
    Empty,
    /// It says where the value is: `${DB_PASSWORD}`, `{{ vault.x }}`, `ENC[…]`, `op://…`, `!vault`.
    Reference,
    /// It stands for a value: `changeme`, `<password>`, `xxxx`, an example of a provider's documentation.
    Placeholder,
    /// A word, a host, a path, a version, a plain URL, a public key, a hash with a name that says so.
    Ordinary,
    /// A secret, if the name beside it says so.
    Likely,
    /// A secret whatever stands beside it.
    Rare,
}

/// What a value is, by its look.
pub(super) fn worth(_value: &[u8]) -> Worth {
    Worth::Ordinary
}

/// What a name says of the value beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Promise {
    /// It says that it is public: `PUBLIC_KEY`, `CLIENT_ID`, `PASSWORD_MIN_LENGTH`.
    Public,
    /// Nothing.
    Nothing,
    /// `KEY`, `AUTH`, `SALT`, `PIN`.
    Weak,
    /// `PASSWORD`, `SECRET`, `API_KEY`, `PRIVATE_KEY`.
    Strong,
}

/// What a name says.
pub(super) fn promise(_name: &[u8]) -> Promise {
    Promise::Nothing
}

/// Whether an entry of an env file or of a sealed one is a secret: the name and the value together.
pub(super) fn is_secret(name: &[u8], value: &[u8]) -> bool {
    match (promise(name), worth(value)) {
        (Promise::Public, worth) => worth == Worth::Rare,
        (Promise::Nothing, worth) => worth == Worth::Rare,
        (Promise::Weak, worth) => matches!(worth, Worth::Likely | Worth::Rare),
        (Promise::Strong, worth) => matches!(worth, Worth::Ordinary | Worth::Likely | Worth::Rare),
    }
}
