//! Readers that take only the first characters of a password, known by the names that their images and scripts give the
//! variable. A longer value would look stronger than it is.

/// The reader of `name`, and how many bytes it takes.
pub fn longest(name: &str) -> Option<(&'static str, usize)> {
    let upper = name.to_ascii_uppercase();
    let words = || upper.split(|c: char| !c.is_ascii_alphanumeric());
    // RFC 6143, 7.2.2: the key of the challenge is the password, cut or padded to eight bytes
    let vnc = words().any(|w| w.starts_with("VNC") || w == "RFB");
    let password = ["PASSWORD", "PASSWD", "PASS", "PW", "VNCPASS", "VNCPASSWORD"];
    if vnc && words().any(|w| password.contains(&w) || w.ends_with("PASSWORD")) {
        return Some(("vnc", 8));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_vnc_passwords_are_known() {
        for name in ["VNC_PASSWORD", "VNC_PW", "TIGERVNC_PASSWORD_X_VNC_PASSWD", "VNCPASSWORD", "vnc_pass"] {
            assert_eq!(longest(name), Some(("vnc", 8)), "{name}");
        }
        for name in ["VNC_PORT", "PASSWORD", "SVNCERT_PASSWORD", "NOVNC_PORT"] {
            assert_eq!(longest(name), None, "{name}");
        }
    }
}
