//! The smallest complete file of sops, written out: whoever builds another reader can begin with it.

use crate::harness::{Output, Project};

/// Sealed by sops 3.11 for the identity that every test project has.
const SEALED: &str = "\
#ENC[AES256_GCM,data:goYxo8mMQ4Na,iv:rdJ0aRtYOScdwOu0icrsGYBx7HVZFV8zddGCNqB/duw=,tag:RUwXBQRsJLzgBGWkZ1EsnQ==,type:comment]
DB_HOST=ENC[AES256_GCM,data:sCNmMrG70OtG,iv:Iio/P/HKe8CmQkpAxZwreh/gSkdWOSaqe41ZZBgZSKQ=,tag:5ObOw/P/oDWIJGplurdmWw==,type:str]
DB_PASSWORD=ENC[AES256_GCM,data:/rF7fG9r,iv:AIaNILV7cn+XFv9EvV4WhS02HqOfOHr4thgbnzmdNmI=,tag:yseolG6i91GZCMYtb6dywA==,type:str]
EMPTY=
DEBUG_unencrypted=1
sops_age__list_0__map_enc=-----BEGIN AGE ENCRYPTED FILE-----\\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBLVVh2TjA1ZnVXN2VKSE53\\nYTV6QlB1VzVoRUVSdXIydWZJWjJtTStPb0hZCnZOeEVmZ1JpaW5xcnl1ZXY2dVNw\\nbmI4aFhWRGMrWU00V1NPUVRuM3IwZm8KLS0tIGNBTFJyOW1kTldFQkszZU43dzhR\\nM3JTQXh2OWVrUDA5SUxGb0c1b3MxZHcK43C/XUNoRpt73GgmkDFxq/hl+nir9jK3\\ne/1Cb9mJSwopwuhc9dAFbk51V92SESAD4+iFNEusYCmCqmitGr0+0w==\\n-----END AGE ENCRYPTED FILE-----\\n
sops_age__list_0__map_recipient=age1f0cahg8zs7nmkv8hl6kjqx9fs7fcxej8xuwfz7nfppnkpqf3jprqa555yy
sops_lastmodified=2026-11-20T04:24:16Z
sops_mac=ENC[AES256_GCM,data:rWyWEpRRWwQwcCrt9CjKUWppL3RIo4JB5fFDB0PJJbFPC3kZ2zqW4oWelM6+13AUAe7Ihqmthzm8aNEiQBlaCXbnmYA0ebr2dMEyqRTvj3dFcQBkID+D0Hf2Q9HyEo3+CZguL4Wntcig4Tvl7CkbE6F5mpdz3aKn1stEu3LlS+A=,iv:TdN5murKOwH0urGiypEF6MpYypgVJiJL0I13GandR7Y=,tag:pQFrlbK35UInR3Ui4DnoqQ==,type:str]
sops_unencrypted_suffix=_unencrypted
sops_version=3.11.0
";

const PLAIN: &str = "# database\nDB_HOST=localhost\nDB_PASSWORD=s3cr3t\nEMPTY=\nDEBUG_unencrypted=1\n";

fn decrypt(sealed: &str) -> Output {
    let project = Project::empty();
    project.write(".env.enc", sealed);
    project.run(&["decrypt"])
}

#[test]
fn the_smallest_example_opens() {
    let output = decrypt(SEALED).ok();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), (PLAIN, ""));
}

#[test]
fn its_time_may_be_written_in_any_way_that_means_the_same_to_sops() {
    for time in ["2026-11-20T04:24:16.5Z", "2026-11-20T04:24:16+00:00"] {
        assert_eq!(decrypt(&SEALED.replace("2026-11-20T04:24:16Z", time)).ok().stdout, PLAIN, "{time}");
    }
    // the same moment, but another text under the MAC
    decrypt(&SEALED.replace("2026-11-20T04:24:16Z", "2026-11-20T06:24:16+02:00")).code(15);
}

#[test]
fn blank_lines_and_a_missing_last_line_feed_do_no_harm() {
    assert_eq!(decrypt(SEALED.trim_end()).ok().stdout, PLAIN);
    let spread = SEALED.replace("\nsops_", "\n\nsops_");
    assert_eq!(decrypt(&spread).ok().stdout.trim_end(), PLAIN.trim_end());
}

#[test]
fn the_armor_opens_without_its_last_line_feed() {
    let shorter = SEALED.replace("FILE-----\\n\nsops", "FILE-----\nsops");
    assert_ne!(shorter, SEALED);
    assert_eq!(decrypt(&shorter).ok().stdout, PLAIN);
}
