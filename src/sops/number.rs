//! Numbers and booleans as Go prints them.
//!
//! sops sees a dotenv value as a string, but `sops set FILE '["PORT"]' 5432` stores a JSON number, and the type tag of
//! a value can be changed without notice. Such values must be read, hashed and shown as Go's strconv does it, or the
//! MAC would not fit. Each function gives the text that is shown and the text that is hashed.

/// Shown with the shortest `G` format and at least one decimal; hashed without exponent.
pub(super) fn float(text: &str) -> Option<(String, String)> {
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        let name = match (value.is_nan(), value > 0.0) {
            (true, _) => "NaN",
            (_, true) => "+Inf",
            _ => "-Inf",
        };
        return Some((name.into(), name.into()));
    }
    let hashed = format!("{value}");
    // Rust's `E` format has the same shortest digits; Go's `G` turns to it below 1e-4 and from 1e6 on
    let scientific = format!("{value:E}");
    let (digits, exponent) = scientific.split_once('E')?;
    let exponent: i32 = exponent.parse().ok()?;
    let shown = if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}E{sign}{:02}", exponent.abs())
    } else if hashed.contains('.') {
        hashed.clone()
    } else {
        format!("{hashed}.0")
    };
    Some((shown, hashed))
}

/// Any of Go's spellings; shown in lower case, hashed capitalised.
pub(super) fn boolean(text: &str) -> Option<(String, String)> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(("true".into(), "True".into())),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(("false".into(), "False".into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_shown_and_hashed_as_go_does() {
        for (text, shown, hashed) in [
            ("12", "12.0", "12"),
            ("5432", "5432.0", "5432"),
            ("1.50", "1.5", "1.5"),
            ("12345678901", "1.2345678901E+10", "12345678901"),
            ("1000000", "1E+06", "1000000"),
            ("999999", "999999.0", "999999"),
            ("0.0001", "0.0001", "0.0001"),
            ("0.00001", "1E-05", "0.00001"),
            ("0", "0.0", "0"),
            ("-0", "-0.0", "-0"),
            ("inf", "+Inf", "+Inf"),
        ] {
            assert_eq!(float(text), Some((shown.into(), hashed.into())), "{text}");
        }
        assert_eq!(float("twelve"), None);
    }
}
