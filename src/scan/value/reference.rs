//! Values that say where the value is, and ciphertext.

use super::super::rarity::rarity;

/// Whether a value stands elsewhere, or is sealed.
pub(super) fn is(value: &[u8]) -> bool {
    is_variable(value) || is_pointer(value) || is_expression(value) || is_sealed(value)
}

/// `$X`, `${X}`, `$(x)`, `%X%`, `{{ x }}`, `#{x}`, `<%= x %>`, `@X@`, `__X__`, `[[x]]`, also within a text.
fn is_variable(value: &[u8]) -> bool {
    let holds = |open: &[u8], close: &[u8]| {
        memchr::memmem::find(value, open)
            .is_some_and(|at| memchr::memmem::find(&value[at + open.len()..], close).is_some())
    };
    if holds(b"${", b"}")
        || holds(b"$(", b")")
        || holds(b"{{", b"}}")
        || holds(b"#{", b"}")
        || holds(b"<%", b"%>")
    {
        return true;
    }
    let word = |text: &[u8]| {
        text.len() >= 2
            && (text[0].is_ascii_alphabetic() || text[0] == b'_')
            && text.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-:".contains(b))
            && rarity(text) < 6.5
    };
    match value {
        [b'$', b'$', rest @ ..] => word(rest),
        [b'$', rest @ ..] => word(rest) || scoped(rest) || rest.len() == 1 && rest[0].is_ascii_digit(),
        [b'%', rest @ .., b'%'] => word(rest),
        [b'@', rest @ .., b'@'] => word(rest),
        [b'_', b'_', rest @ .., b'_', b'_'] => word(rest),
        [b'[', rest @ .., b']'] => word(rest.trim_ascii()) || words(rest),
        // `{…=}` is how Maven writes what it has encrypted
        [b'{', rest @ .., b'}'] => {
            word(rest.trim_ascii()) || words(rest) || rest.len() >= 16 && rest.ends_with(b"=")
        }
        [b'<', rest @ .., b'>'] => !rest.is_empty(),
        [b'&' | b'*', rest @ ..] => word(rest) && !rest.iter().any(u8::is_ascii_digit),
        _ => false,
    }
}

/// `env:X`, `var.x["y"]`, `this->x`.
fn scoped(text: &[u8]) -> bool {
    let name = text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    name >= 2
        && matches!(text[name..], [b':', ..] | [b'[', .., b']'] | [b'-', b'>', ..] | [b'.', ..])
        && rarity(text) < 7.0
}

fn words(text: &[u8]) -> bool {
    text.len() >= 3
        && text.iter().all(|b| b.is_ascii_alphabetic() || b" _-.".contains(b))
        && rarity(text) < 5.5
}

/// `op://…`, `vault:…`, a path of `/run/secrets`, a YAML tag.
fn is_pointer(value: &[u8]) -> bool {
    const HEADS: [&[u8]; 47] = [
        b"op://",
        b"vault:",
        b"vault://",
        b"secret://",
        b"secret:",
        b"secrets:",
        b"ssm:",
        b"ssm://",
        b"arn:",
        b"aws-ssm:",
        b"sm://",
        b"gcp:",
        b"gcpsm://",
        b"gcp-sm:",
        b"awssm://",
        b"aws-sm:",
        b"aws-secretsmanager:",
        b"azkv://",
        b"akv:",
        b"keyvault:",
        b"keychain:",
        b"keyring:",
        b"bw://",
        b"pass:",
        b"doppler:",
        b"infisical:",
        b"ref+",
        b"ref:",
        b"env:",
        b"env://",
        b"file:",
        b"sops:",
        b"awskms:",
        b"gcpkms:",
        b"!vault",
        b"!secret",
        b"!env",
        b"!ref",
        b"!sub",
        b"!getatt",
        b"!encrypted",
        b"!reference",
        b"!include",
        b"!sops",
        b"/run/secrets/",
        b"projects/",
        b"@microsoft.keyvault(",
    ];
    HEADS.iter().any(|head| starts(value, head))
        // `pass:` is also what openssl calls a literal
        && !(starts(value, b"pass:") && rarity(&value[5..]) >= 6.0)
        && !(starts(value, b"secret:") && rarity(&value[7..]) >= 6.5)
}

/// A piece of a program that gets the value: `os.environ["X"]`, `process.env.X`, `getenv("X")`, `secrets.X`.
fn is_expression(value: &[u8]) -> bool {
    const WITHIN: [&[u8]; 21] = [
        b"os.environ",
        b"process.env",
        b"getenv(",
        b"env(",
        b"env.get",
        b"secrets.",
        b"import.meta.env",
        b"env::var",
        b"env!(",
        b"getproperty(",
        b"config.get",
        b"config(",
        b"configuration[",
        b"var.",
        b"local.",
        b"data.",
        b"module.",
        b"lookup(",
        b"file(",
        b"from_env(",
        b"environment.get",
    ];
    const HEADS: [&[u8]; 12] = [
        b"env.",
        b"env[",
        b"self.",
        b"this.",
        b"settings.",
        b"config.",
        b"options.",
        b"args.",
        b"params.",
        b"props.",
        b"@value(",
        b"fn::",
    ];
    let code = |at: usize| at == 0 || !value[at - 1].is_ascii_alphanumeric();
    WITHIN.iter().any(|piece| find(value, piece).is_some_and(code)) && rarity(value) < 7.0
        || HEADS.iter().any(|head| starts(value, head)) && rarity(value) < 6.5
}

/// Ciphertext, by its head.
fn is_sealed(value: &[u8]) -> bool {
    const HEADS: [&[u8]; 18] = [
        b"ENC[",
        b"EJ[1:",
        b"ENC(",
        b"{cipher}",
        b"$ANSIBLE_VAULT",
        b"-----BEGIN PGP MESSAGE",
        b"-----BEGIN AGE ENCRYPTED FILE",
        b"age-encryption.org/",
        b"-----BEGIN ENCRYPTED MESSAGE",
        b"vault:v",
        b"AQICAH",
        b"CiQA",
        b"AgA",
        b"AgB",
        b"AgC",
        b"AgD",
        b"gAAAAA",
        b"encrypted:",
    ];
    HEADS.iter().any(|head| value.starts_with(head) && (head.len() != 3 || value.len() > 300))
}

/// Whether a text begins so, whatever the case; `head` is lower case.
fn starts(text: &[u8], head: &[u8]) -> bool {
    text.len() >= head.len() && text[..head.len()].eq_ignore_ascii_case(head)
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    text.windows(piece.len()).position(|window| window.eq_ignore_ascii_case(piece))
}
