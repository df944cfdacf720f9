//! What stands between a name and its value in programs: types, properties, blocks, calls.

/// Where `=` ends behind a type of one word.
pub(super) fn kind(rest: &[u8]) -> Option<usize> {
    let word = rest.iter().take(24).take_while(|b| b.is_ascii_alphanumeric() || **b == b'.').count();
    matches!(rest[word..], [b' ', b'=', b' ', b'"' | b'\'' | b'`', ..]).then_some(word + 2)
}

/// Where `=` ends behind `{ get; set; }`.
pub(super) fn property(rest: &[u8]) -> Option<usize> {
    let shut = memchr::memchr(b'}', &rest[..rest.len().min(64)])?;
    let fits = rest[1..shut].iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b';'));
    let equal = shut + 1 + rest[shut + 1..].iter().take_while(|b| **b == b' ').count();
    (fits && rest.get(equal) == Some(&b'=')).then_some(equal + 1)
}

/// Where the text in `by lazy { "…" }`, `String { "…" }` begins.
pub(super) fn block(rest: &[u8]) -> Option<usize> {
    let open = memchr::memchr(b'{', &rest[..rest.len().min(32)])?;
    let fits = open >= 3 && rest[..open].iter().all(|b| b.is_ascii_alphabetic() || *b == b' ');
    (fits && matches!(rest[open..], [b'{', b' ', b'"', ..])).then_some(open + 1)
}

/// Where a value begins that is written into the field of a form, or stands in for one that is missing.
pub(super) fn filled(rest: &[u8]) -> Option<usize> {
    const CALLS: [&[u8]; 10] = [
        b".fill(",
        b".type(",
        b".sendKeys(",
        b".send_keys(",
        b".setValue(",
        b".set(",
        b".unwrap_or(",
        b".unwrap_or_else(|_| ",
        b".getOrElse(",
        b".orElse(",
    ];
    CALLS.iter().find(|call| rest.starts_with(call)).map(|call| call.len())
}

/// Where `=` ends behind the type of a variable.
pub(super) fn typed(rest: &[u8]) -> Option<usize> {
    let equal = memchr::memchr(b'=', &rest[..rest.len().min(64)])?;
    let kind = &rest[..equal];
    let fits = kind.iter().all(|b| b.is_ascii_alphanumeric() || b" _&<>?[].|:'*".contains(b));
    let more = matches!(rest.get(equal + 1), Some(b'=' | b'>')) || matches!(kind.trim_ascii(), [b'\'', ..]);
    (fits && !more && kind.iter().any(u8::is_ascii_alphabetic)).then_some(equal + 1)
}
