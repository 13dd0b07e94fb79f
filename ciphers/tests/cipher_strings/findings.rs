//! Lint, strict mode and diff.

use std::collections::HashSet;

use pyssl as ssl;
use pyssl_ciphers::cipher::{
    CipherDiff, CipherString, CipherStringErrorKind as Kind, Ciphersuites, Effect, Finding,
    LintCode, NoEffect, Severity, Weakening,
};

fn lint(text: &str) -> Vec<Finding> {
    CipherString::parse(text).unwrap().lint().unwrap()
}

fn finding(text: &str, code: LintCode) -> Finding {
    let all = lint(text);
    let found = all.iter().find(|f| f.code() == code);
    found.unwrap_or_else(|| panic!("{text}: {all:?}")).clone()
}

fn effects(text: &str) -> Vec<Effect> {
    let explanation = CipherString::parse(text).unwrap().explain().unwrap();
    explanation
        .steps()
        .iter()
        .map(|step| step.effect())
        .collect()
}

#[test]
fn each_part_reports_its_effect() {
    let none = |why| Effect::None(why);
    assert_eq!(effects("AES128:+kRSA"), [Effect::Added, Effect::Moved]);
    assert_eq!(
        effects("AES128:-kRSA:kRSA+AES128")[1..],
        [Effect::Removed, Effect::Added]
    );
    assert_eq!(
        effects("AES128:!kRSA:kRSA")[1..],
        [Effect::Removed, none(NoEffect::ExcludedBefore)]
    );
    assert_eq!(effects("kRSA+AES128:!aNULL")[1], Effect::Excluded);
    assert_eq!(
        effects("AES128:AES128-SHA")[1],
        none(NoEffect::AlreadyListed)
    );
    assert_eq!(
        effects("AES128:RSA+ECDHE")[1],
        none(NoEffect::Contradiction)
    );
    assert_eq!(effects("AES128:-CHACHA20")[1], none(NoEffect::NotListed));
    assert_eq!(
        effects("AES128-SHA:+kRSA")[1],
        none(NoEffect::AlreadyInOrder)
    );
    assert_eq!(effects("HIGH:@SECLEVEL=3")[1], Effect::SetsLevel(3));
    assert_eq!(effects("HIGH:BOGUS")[1], Effect::Unknown);
    assert_eq!(
        effects("HIGH:@STRENGTH:@STRENGTH")[2],
        none(NoEffect::AlreadyInOrder)
    );
}

#[test]
fn a_step_lists_removed_excluded_and_moved_suites() {
    let string = CipherString::parse("AES128-SHA:AES256-SHA:NULL-SHA:!eNULL:+AES128").unwrap();
    let explanation = string.explain().unwrap();
    let [.., kill, order] = explanation.steps() else {
        panic!("{explanation:?}");
    };
    let removed: Vec<_> = kill.removed().map(|c| c.name).collect();
    assert_eq!(removed, ["NULL-SHA"]);
    assert!(kill.killed().len() > 5);
    let moved: Vec<_> = order.moved().map(|c| c.name).collect();
    let list: Vec<_> = order.list().map(|c| c.name).collect();
    assert_eq!(
        (moved, list),
        (vec!["AES128-SHA"], vec!["AES256-SHA", "AES128-SHA"])
    );
    assert_eq!(order.to_string(), "moves 1 of 2");
}

#[test]
fn each_lint_code_is_found() {
    let unknown = finding("HIGH:!aNUL:!MD5", LintCode::UnknownName);
    assert_eq!(
        (unknown.column(), unknown.severity()),
        (Some(7), Severity::Error)
    );
    assert_eq!(unknown.advice(), Some("did you mean `aNULL`?"));
    finding("AES128:AES128-SHA", LintCode::NoEffect);
    finding("AES128-SHA:+kRSA", LintCode::UselessOrder);
    let wanted = finding("HIGH:!AES128:AES128-SHA", LintCode::WantedAfterKill);
    assert_eq!(wanted.column(), Some(14));
    finding("TLS_AES_128_GCM_SHA256:AES128-SHA", LintCode::Tls13InString);
    finding("AES128-SHA", LintCode::Tls13NotGoverned);
    let anonymous = finding("HIGH:!aNUL", LintCode::WeakSuites);
    assert_eq!(anonymous.severity(), Severity::Error);
    assert_eq!(anonymous.advice(), Some("add `:!aNULL`"));
    finding("PSK+AES128", LintCode::OnlyTls13Usable);
    finding("NULL-SHA", LintCode::OnlyTls13Usable);
    finding(
        "AES128-SHA:NULL-SHA:@SECLEVEL=2",
        LintCode::HiddenBySecurityLevel,
    );
    finding("BOGUS", LintCode::SelectsNothing);
    finding("HIGH:DEFAULT", LintCode::DefaultNotFirst);
    finding("HIGH:@SECLEVEL=0", LintCode::LowSecurityLevel);
    finding("AES128!SHA1", LintCode::MissingSeparator);
    finding("COMPLEMENTOFDEFAULT+HIGH", LintCode::ForgottenCondition);
    finding("PSK+AES128", LintCode::NeedsCallback);
    finding("HIGH:!EXPORT", LintCode::NothingToExclude);
    finding("AES128-SHA:ECDHE+AES", LintCode::WeakPreferred);
    finding("SUITEB128:HIGH", LintCode::NotRead);
    // Two codes occur only in lists of TLS 1.3 suites. The version of OpenSSL decides which code
    // this name gets, because older versions do not know the names of the IANA registry.
    let list = Ciphersuites::parse("TLS_RSA_WITH_AES_128_CBC_SHA").unwrap();
    let older = list.lint()[0].code();
    assert!(matches!(older, LintCode::WrongList | LintCode::UnknownName));
    let codes: HashSet<_> = LintCode::ALL.iter().map(|c| c.code()).collect();
    assert_eq!(codes.len(), LintCode::ALL.len());
}

#[test]
fn lint_finds_nothing_above_a_note_in_good_strings() {
    let python = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:\
                  !aNULL:!eNULL:!aDSS:!SHA1:!AESCCM";
    for text in [
        python,
        "ECDHE+AESGCM:ECDHE+CHACHA20",
        "DEFAULT@SECLEVEL=2:!kRSA:!SHA1",
    ] {
        let bad: Vec<_> = lint(text)
            .into_iter()
            .filter(|f| f.severity() > Severity::Note)
            .collect();
        assert!(bad.is_empty(), "{text}: {bad:?}");
    }
}

#[test]
fn hints_suggest_the_intended_name() {
    let hint = |text: &str| {
        let explanation = CipherString::parse(text).unwrap().explain().unwrap();
        let hint = explanation.steps().iter().find_map(|step| step.hint());
        hint.map(|hint| hint.to_string())
    };
    assert_eq!(
        hint("HIGH:ECHDE+AESGCM").as_deref(),
        Some("did you mean `ECDHE`?")
    );
    assert_eq!(
        hint("ALL-RSA").as_deref(),
        Some("a `-` joins two names; write `:-`")
    );
    assert_eq!(
        hint("NORMAL:AES").as_deref(),
        Some("this is from a priority string of GnuTLS")
    );
    assert_eq!(
        hint("ECDHE-RSA-AES128-GCM-SHA").as_deref(),
        Some("did you mean `ECDHE-RSA-AES128-GCM-SHA256`?")
    );
    assert_eq!(hint("HIGH:QUANTUM"), None);
    let standard = hint("HIGH:TLS_RSA_WITH_AES_128_CBC_SHA");
    // Newer versions of OpenSSL accept the names of the IANA registry, so they need no hint.
    assert!(standard.is_none() || standard.as_deref() == Some("OpenSSL calls it `AES128-SHA`"));
}

#[test]
fn strict_rejects_parts_that_openssl_ignores() {
    let refused = |text: &str| {
        let e = CipherString::strict(text).unwrap_err();
        (e.kind(), e.column().unwrap_or(0))
    };
    assert_eq!(refused("HIGH:!aNUL"), (Kind::Unknown, 7));
    assert_eq!(refused("AES128:AES128-SHA"), (Kind::Ineffective, 8));
    assert_eq!(refused("HIGH:BOGUS+AES"), (Kind::Unknown, 6));
    assert_eq!(refused("HIGH:DEFAULT"), (Kind::Unknown, 6));
    assert_eq!(refused("HIGH:-RC4"), (Kind::Unknown, 7));
    assert_eq!(refused("HIGH:!HIGH").0, Kind::NothingSelected);
    for good in [
        "DEFAULT",
        "HIGH:!aNULL:!MD5",
        "HIGH:!EXPORT:!RC4:!SSLv2",
        "SUITEB128",
    ] {
        CipherString::strict(good).unwrap();
    }
}

#[test]
fn findings_about_the_whole_string_have_no_column() {
    for finding in lint("HIGH:!aNUL:+HIGH:AES128") {
        let of_a_part = matches!(
            finding.code(),
            LintCode::UnknownName | LintCode::UselessOrder | LintCode::NoEffect
        );
        assert_eq!(finding.column().is_some(), of_a_part, "{finding}");
        assert_eq!(finding.to_string().contains(" at column "), of_a_part);
        let json: serde_json::Value = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["code"], finding.code().code());
        assert_eq!(json["column"].as_u64().is_some(), of_a_part);
        assert_eq!(json["advice"].as_str(), finding.advice());
    }
}

#[test]
fn a_string_that_selects_nothing_gets_a_suggestion() {
    let advice = |text| {
        finding(text, LintCode::SelectsNothing)
            .advice()
            .map(str::to_owned)
    };
    for text in ["-ALL", "+HIGH", "!aNULL:!MD5", "@STRENGTH"] {
        let said = advice(text).unwrap_or_default();
        assert!(
            said.contains("begin with a part that adds suites"),
            "{text}: {said}"
        );
    }
    assert_eq!(advice("BOGUS"), None);
    let empty = finding("+HIGH", LintCode::UselessOrder);
    assert!(empty.advice().unwrap().contains("the list is empty here"));
    if ssl::OPENSSL_VERSION_INFO.0 < 4 {
        let said = advice("high:!anull").unwrap();
        assert!(said.contains("case-sensitive"), "{said}");
    }
}

#[test]
fn following_the_advice_removes_the_finding() {
    let advice = |text: &str, about: &str| {
        let all = lint(text);
        let weak = |f: &&Finding| f.code() == LintCode::WeakSuites && f.message().contains(about);
        let found = all.iter().find(weak);
        let found = found.unwrap_or_else(|| panic!("{text}: {all:?}"));
        found.advice().unwrap().to_owned()
    };
    // The advice is not to add a part such as `!kRSA` if that part would leave no suite, or remove
    // a suite that the string names.
    let others = "select other suites, such as `ECDHE+AESGCM`";
    assert_eq!(advice("kRSA", "static RSA"), others);
    assert_eq!(advice("AES128-SHA", "CBC"), others);
    let named = advice("ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:AES256-SHA", "CBC");
    assert_eq!(named, "remove them from the string");
    for text in ["HIGH", "HIGH:!aNULL", "ALL:eNULL", "DEFAULT"] {
        let mut string = text.to_owned();
        for finding in lint(text) {
            let part = finding.advice().and_then(|said| said.strip_prefix("add `"));
            string.extend(part.map(|part| part.trim_end_matches('`')));
        }
        let left = lint(&string);
        assert!(
            !left.iter().any(|f| f.code() == LintCode::WeakSuites),
            "{string}: {left:?}"
        );
        CipherString::parse(&string).unwrap().resolve().unwrap();
    }
    // An anonymous suite has forward secrecy, but is not better than a suite without it.
    let order = lint("AES128-GCM-SHA256:ADH");
    assert!(
        !order.iter().any(|f| f.code() == LintCode::WeakPreferred),
        "{order:?}"
    );
}

#[test]
fn an_invalid_character_is_explained() {
    let said = |text: &str| CipherString::parse(text).unwrap_err().to_string();
    assert_eq!(
        said("'HIGH:!aNULL'"),
        "column 1: `'` is not allowed in a name; was a quote left around the string?"
    );
    assert!(said("HIGH:!aNULL\"").contains("a quote"));
    assert!(said("HIGH:\\!aNULL").contains("a shell's command line"));
    assert!(said("HIGH #ours").contains("no comments"));
    assert!(said("AES*").contains("no wildcards"));
    assert!(said("[A|B]:HIGH").contains("BoringSSL"));
    assert!(said("HIGH\n").starts_with("column 5: `\\n` is not allowed in a name"));
    // Newer versions of OpenSSL accept underscores in names, so the name is unknown to them. For
    // older versions the name is invalid.
    let underscores = CipherString::strict("AES:ECDHE_RSA_AES128_GCM_SHA256").unwrap_err();
    let meant = "did you mean `ECDHE-RSA-AES128-GCM-SHA256`?";
    assert!(underscores.to_string().contains(meant), "{underscores}");
}

fn diff(old: &str, new: &str) -> CipherDiff {
    let parse = |text| CipherString::parse(text).unwrap();
    parse(old).diff(&parse(new)).unwrap()
}

#[test]
fn a_diff_reports_what_became_weaker() {
    assert!(diff("HIGH", "HIGH:!RC4").is_empty());
    let stronger = diff("ECDHE+AES:AES128-SHA", "ECDHE+AES");
    assert_eq!(stronger.removed().len(), 1);
    assert!(!stronger.is_weaker());
    // A PSK suite cannot be used without a callback, so adding one is not a weakening, unless the
    // suite is broken.
    let callback = diff("ECDHE+AESGCM", "ECDHE+AESGCM:PSK-AES128-GCM-SHA256");
    assert_eq!(callback.weakenings(), []);
    assert!(diff("ECDHE+AESGCM", "ECDHE+AESGCM:PSK-NULL-SHA").is_weaker());
    let level = diff("AES128-SHA:@SECLEVEL=2", "AES128-SHA:@SECLEVEL=1");
    assert_eq!(
        level.weakenings(),
        [Weakening::LowerSecurityLevel { from: 2, to: 1 }]
    );
    let order = diff("ECDHE+AESGCM:AES128-SHA", "AES128-SHA:ECDHE+AESGCM");
    assert_eq!(order.reordered().len(), 1);
    assert_eq!(order.reordered()[0].cipher.name, "AES128-SHA");
    assert_eq!(order.reordered()[0].to, 4);
    assert!(matches!(
        order.weakenings()[0],
        Weakening::WeakFirstChoice { .. }
    ));
    assert!(matches!(
        order.weakenings()[1],
        Weakening::WeakSuitePreferred { .. }
    ));
    let null = diff("ECDHE+AESGCM", "NULL-SHA256");
    assert!(null.weakenings().contains(&Weakening::ForwardSecrecyLost));
    assert!(
        null.weakenings()
            .contains(&Weakening::FewerBits { from: 128, to: 0 })
    );
}
