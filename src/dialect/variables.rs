//! Which variables a text of a compose file names: `$NAME`, `${NAME}`, and those in the default or the message of
//! another (`${A:-${B}}`). `$$` stands for a dollar sign and names nothing.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names in a text, in their order.
pub fn variables(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
            continue;
        }
        let name = rest.strip_prefix('{').unwrap_or(rest);
        let length = name.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        if length > 0 && !name.starts_with(|c: char| c.is_ascii_digit()) {
            found.push(&name[..length]);
        }
        // what follows the name is looked at too: a default may name others
        rest = &name[length..];
    }
    found
}

/// Adds the names in all texts below a value; keys are not interpolated.
pub fn variables_below(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => names.extend(variables(text).into_iter().map(str::to_owned)),
        Value::Array(all) => all.iter().for_each(|value| variables_below(value, names)),
        Value::Object(all) => all.values().for_each(|value| variables_below(value, names)),
        _ => {}
    }
}

/// The one name of a text that is nothing else, `$NAME` or `${NAME}`.
pub fn variable_alone(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = name.strip_prefix('{').map_or(Some(name), |name| name.strip_suffix('}'))?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_compose_puts_a_value() {
        for (text, expected) in [
            ("postgres://${DB}@x", &["DB"][..]),
            ("$A$B", &["A", "B"]),
            ("${A:-${B}}", &["A", "B"]),
            ("${A?no $B, ${C:?no}}", &["A", "B", "C"]),
            ("${A:+$B-x}", &["A", "B"]),
            ("$$A $${B} $$$C", &["C"]),
            ("cost: 5$ or $5 or ${", &[]),
            ("$a_1-x", &["a_1"]),
        ] {
            assert_eq!(variables(text), expected, "{text}");
            let mut below = BTreeSet::new();
            variables_below(&serde_json::json!({ "$KEY": [text, 1] }), &mut below);
            assert!(below.iter().eq(expected), "{text}");
        }
    }

    #[test]
    fn a_name_alone_is_the_whole_text() {
        assert_eq!(variable_alone("${A}"), Some("A"));
        assert_eq!(variable_alone("$A"), Some("A"));
        for text in ["x$A", "$A ", "${A:-x}", "$$A", "A", "$", "${A"] {
            assert_eq!(variable_alone(text), None, "{text}");
        }
    }
}
