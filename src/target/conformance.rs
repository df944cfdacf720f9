//! What every target must do, whatever it speaks to: [`conform`] is run against the in-memory service here and against
//! the real ones in their own tests. Services that lie must be caught.

use super::fake::{Fake, Manner};
use super::{Credential, Proof, Target, apply, revoke};
use crate::secret::SecretValue;

pub(super) fn value(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec())
}

/// What is to be known of the service beforehand.
pub(super) struct Service<'a> {
    /// The user and the value that are in force at the beginning.
    pub(super) user: &'a str,
    /// See `user`.
    pub(super) value: &'a str,
    /// The user after the first change; another one where two take turns.
    pub(super) next_user: &'a str,
    /// Whether logins say anything.
    pub(super) provable: bool,
    /// Whether the old credential is accepted until it is taken away.
    pub(super) overlap: bool,
}

/// Values that a careless quoting would change.
pub(super) const AWKWARD: [&str; 8] = [
    "plain0123456789abcdef",
    "it's \"quoted\" \\ 'twice'",
    "'; DROP ROLE app; --",
    "$dollar$ ${HOME} `id` $(id)",
    "percent%20 colon: at@ slash/ hash#",
    " leading and trailing ",
    "gr\u{f6}\u{df}e-\u{1f511}",
    "long-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789",
];

/// Takes the service through all that a rotation may do to it, and leaves it with a new credential.
pub(super) fn conform(target: &dyn Target, service: &Service<'_>, new: &str) {
    let (old, new, nobodys) = (value(service.value), value(new), value("nobody-has-this-value-0"));
    let old = Credential { user: service.user, value: &old };
    let new = Credential { user: service.next_user, value: &new };
    let proof = |proof: Proof| assert_eq!(proof == Proof::Proven, service.provable, "{proof:?}");
    let accepts = |credential: &Credential<'_>| target.test(credential).unwrap();
    let refuses = |credential: &Credential<'_>| !service.provable || !accepts(credential);

    assert!(!target.name().contains(service.value));
    target.examine(&old).unwrap();
    assert!(accepts(&old) && (refuses(&new)));
    proof(target.proof(old.user, &nobodys).unwrap());

    // there and back, as when a rotation is undone before the service was ever told
    proof(apply(target, &old, &[new, old], &nobodys).unwrap());
    proof(revoke(target, &new, &old, &nobodys).unwrap());
    assert!(accepts(&old) && refuses(&new));

    // there, twice, as after a crash
    proof(apply(target, &new, &[new, old], &nobodys).unwrap());
    proof(apply(target, &new, &[new, old], &nobodys).unwrap());
    assert!(accepts(&new));
    assert!(if service.overlap { accepts(&old) } else { refuses(&old) || service.user != service.next_user });

    // back, twice
    for _ in 0..2 {
        proof(apply(target, &old, &[new, old], &nobodys).unwrap());
        proof(revoke(target, &new, &old, &nobodys).unwrap());
        assert!(accepts(&old) && refuses(&new));
    }

    // there for good, and the old one taken away, twice; the order in which values are known does not matter
    proof(apply(target, &new, &[old, new], &nobodys).unwrap());
    for _ in 0..2 {
        proof(revoke(target, &old, &new, &nobodys).unwrap());
        assert!(accepts(&new) && refuses(&old));
    }
    target.sessions(&old, &new).unwrap();
    assert!(accepts(&new) && refuses(&old));
}

#[test]
fn the_fake_conforms() {
    for (manner, overlap) in [(Manner::Single, false), (Manner::Overlap, true)] {
        for new in AWKWARD {
            let service = Service { user: "u", value: "old-value", next_user: "u", provable: true, overlap };
            conform(&Fake::new(manner, b"old-value"), &service, new);
        }
    }
    let trusting = Service { user: "u", value: "o", next_user: "u", provable: false, overlap: false };
    conform(&Fake::new(Manner::Trusts, b"o"), &trusting, "n");
}

#[test]
fn a_target_that_lies_is_caught_every_time() {
    let (old, nobodys) = (value("old-value"), value("nobodys"));
    let old = Credential { user: "u", value: &old };
    for new in AWKWARD {
        let new = value(new);
        let new = Credential { user: "u", value: &new };
        for manner in [Manner::SetsNothing, Manner::Truncates] {
            let error = apply(&Fake::new(manner, b"old-value"), &new, &[new, old], &nobodys).unwrap_err();
            assert!(error.to_string().contains("does not accept it"), "{error}");
        }
        for (manner, wants) in [
            (Manner::RetiresNothing, "still accepts the old value"),
            (Manner::RetiresAll, "refuses the present value"),
        ] {
            let fake = Fake::new(manner, b"old-value");
            assert_eq!(apply(&fake, &new, &[new, old], &nobodys).unwrap(), Proof::Proven);
            let error = revoke(&fake, &old, &new, &nobodys).unwrap_err();
            assert!(error.to_string().contains(wants), "{error}");
        }
    }
    // who lets everybody in is not believed either way
    let proof = apply(&Fake::new(Manner::Trusts, b""), &old, &[old], &nobodys).unwrap();
    assert!(matches!(proof, Proof::Unprovable(_)));
}
