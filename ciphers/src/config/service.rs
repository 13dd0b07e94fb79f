//! The servers of a configuration, with the settings that hold for each.

use std::path::Path;

use pyssl::TlsVersion;

use super::programs::Program;
use super::setting::{Located, Setting, SettingKind};
use super::statement::{Block, Statement};
use super::text::folded;
use super::value::{self, VersionRule, Versions};

/// A server, a client or another part of a configuration that has settings of its own or uses TLS.
///
/// If other parts of the file have settings, a server that uses TLS without settings is listed too.
/// The program's defaults hold for it.
#[derive(Debug, Clone)]
pub struct Service {
    pub(super) name: Box<str>,
    pub(super) settings: Vec<Setting>,
    /// Whether the file does not determine the list of suites. Another file, a default or a value that was not read
    /// does.
    pub(super) lists_are_open: bool,
    /// Whether OpenSSL does not read this section of `openssl.cnf`.
    pub(super) is_unused: bool,
    /// The versions that are on, from the settings.
    versions: Option<Versions>,
}

impl Service {
    pub(super) fn new(
        name: Box<str>,
        settings: Vec<Setting>,
        lists_are_open: bool,
        is_unused: bool,
    ) -> Service {
        Service {
            versions: known_versions(&settings),
            name,
            settings,
            lists_are_open,
            is_unused,
        }
    }

    /// The kind of block and the names of the server: `"server www.example.com"`; empty for a file
    /// without blocks.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings that hold for the service, also those of the blocks around it.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The settings of one kind.
    pub fn of_kind(&self, kind: SettingKind) -> impl Iterator<Item = &Setting> {
        self.settings
            .iter()
            .filter(move |setting| setting.kind == kind)
    }

    /// The versions of the protocol that are on, oldest first; none if no setting states versions.
    ///
    /// A setting that only excludes versions starts from TLS 1.0 to 1.3. If the lowest version is
    /// the program's default, it is assumed to be TLS 1.2, and [`is_open`](Self::is_open) is true
    /// for the versions.
    pub fn versions(&self) -> Option<Vec<TlsVersion>> {
        self.versions.as_ref().map(|versions| versions.on.clone())
    }

    /// Whether the file does not determine the settings of this kind: they depend on a default of
    /// the program, on a condition or on another file, or OpenSSL does not read the section.
    pub fn is_open(&self, kind: SettingKind) -> bool {
        if self.is_unused {
            return true;
        }
        match kind {
            SettingKind::Versions => self.versions.as_ref().is_some_and(|known| known.is_open),
            _ => {
                is_list(kind) && self.lists_are_open
                    || self.of_kind(kind).any(|setting| setting.is_conditional)
            }
        }
    }

    /// The groups of the key exchange, as the file writes them; none if no setting names groups.
    pub fn groups(&self) -> Option<Vec<&str>> {
        let setting = self.of_kind(SettingKind::Groups).last()?;
        Some(setting.value().split(':').collect())
    }

    /// The signature schemes of the handshake, as the file writes them; none if no setting names any.
    pub fn signatures(&self) -> Option<Vec<&str>> {
        let setting = self.of_kind(SettingKind::Signatures).last()?;
        Some(setting.value().split(':').collect())
    }

    /// Whether the server's order of suites decides; none if no setting states it.
    pub fn prefers_server(&self) -> Option<bool> {
        self.settings
            .iter()
            .rev()
            .find_map(|setting| setting.preference)
    }

    /// The size of the Diffie-Hellman parameters, if the file states it.
    pub fn dh_bits(&self) -> Option<u32> {
        self.of_kind(SettingKind::DhParams)
            .filter_map(Setting::bits)
            .last()
    }

    /// The file with Diffie-Hellman parameters that the settings name.
    pub fn dh_file(&self) -> Option<&Path> {
        let files = self
            .of_kind(SettingKind::DhParams)
            .filter(|s| s.bits().is_none());
        files.last().map(|setting| Path::new(setting.value()))
    }
}

/// The largest number of conditional settings for which every combination is tried. Each further one counts as set.
const CASES: u32 = 6;

/// The versions that are on for at least one combination of the settings that hold only under a condition.
fn known_versions(settings: &[Setting]) -> Option<Versions> {
    let depends = |setting: &&Setting| setting.is_conditional && !setting.rules.is_empty();
    let conditional = settings.iter().filter(depends).count();
    let versions = |case: u32| {
        let mut at = 0;
        let holds = |setting: &&Setting| {
            let is_conditional = depends(setting);
            at += u32::from(is_conditional);
            !is_conditional || at > CASES || case & (1 << (at - 1)) != 0
        };
        // Programs apply the commands of `SSL_CONF_cmd` after their own settings.
        let holding: Vec<_> = settings.iter().filter(holds).collect();
        let (commands, own): (Vec<&Setting>, Vec<&Setting>) = holding
            .into_iter()
            .partition(|setting| setting.command.is_some());
        let all = own.into_iter().chain(commands);
        value::versions(all.flat_map(|setting| &setting.rules))
    };
    let cases = 1 << u32::try_from(conditional).unwrap_or(CASES).min(CASES);
    let all: Vec<Option<Versions>> = (0..cases).map(versions).collect();
    let differ = all.iter().any(|case| Some(case) != all.first());
    let open = differ || u32::try_from(conditional).is_ok_and(|count| count > CASES);
    let joined = all.into_iter().flatten().reduce(|mut one, other| {
        one.on.extend(other.on);
        one.is_open |= other.is_open;
        one
    });
    joined.map(|Versions { mut on, is_open }| {
        on.sort_unstable();
        on.dedup();
        let is_open = is_open || open;
        Versions { on, is_open }
    })
}

/// The settings that stand in the same blocks and are for the same side (client or server).
struct Scope {
    path: Vec<Block>,
    side: Box<str>,
    own: Vec<Setting>,
    /// Whether a directive shows that the block uses TLS.
    uses_tls: bool,
}

impl Scope {
    fn ids(&self) -> Vec<usize> {
        self.path.iter().map(|block| block.id).collect()
    }
}

pub(super) fn services(
    program: &Program,
    located: Vec<Located>,
    statements: &[Statement],
) -> Vec<Service> {
    let mut scopes: Vec<Scope> = Vec::new();
    for Located {
        side,
        mut path,
        setting,
    } in located
    {
        path.retain(|block| !program.is_transparent(&block.kind));
        let ids: Vec<_> = path.iter().map(|block| block.id).collect();
        match scopes
            .iter_mut()
            .find(|scope| scope.side == side && scope.ids() == ids)
        {
            Some(scope) => {
                scope.uses_tls |= setting.is_none();
                scope.own.extend(setting);
            }
            None => scopes.push(Scope {
                path,
                side,
                uses_tls: setting.is_none(),
                own: setting.into_iter().collect(),
            }),
        }
    }
    for scope in &mut scopes {
        let takes_away = |rule: &VersionRule| matches!(rule, VersionRule::Without(_));
        let mut rules = scope.own.iter().flat_map(|setting| &setting.rules);
        if !rules.any(takes_away) {
            scope.own.retain(|setting| !setting.replaces_options());
        }
    }
    scopes.retain(|scope| scope.uses_tls || !scope.own.is_empty());
    let is_tree = matches!(&*program.dialect, "yaml" | "toml" | "xml");
    let all: Vec<_> = (0..scopes.len())
        .map(|at| effective(program, &scopes, at, statements))
        .collect();
    let mut services = Vec::new();
    let used = used_sections(program, statements);
    for (scope, mut settings) in scopes.iter().zip(all) {
        let has_list = scope.own.iter().any(|setting| is_list(setting.kind));
        let ids = scope.ids();
        let inner = |other: &&Scope| {
            let within = other.ids().len() > ids.len() && other.ids().starts_with(&ids);
            let side = program.sides && scope.side.is_empty() && !other.side.is_empty();
            within && other.side == scope.side || side && other.ids() == ids
        };
        // In YAML, TOML and XML, the settings of an element that uses TLS may be in an inner element.
        let is_server =
            scope.uses_tls && (!is_tree || !scope.own.is_empty()) || program.main && ids.is_empty();
        if has_list || is_server || !scopes.iter().any(|other| inner(&other)) {
            let name = name(program, scope, statements).into();
            let lists_are_open = graded(program, scope, &mut settings);
            let is_unused = used.as_ref().is_some_and(|used| {
                let mut path = scope.path.iter();
                path.next_back()
                    .is_some_and(|section| !used.contains(&&*section.kind))
            });
            services.push(Service::new(name, settings, lists_are_open, is_unused));
        }
    }
    // A file without settings for TLS has no services.
    if services.iter().all(|service| service.settings.is_empty()) {
        services.clear();
    }
    services
}

fn is_list(kind: SettingKind) -> bool {
    use SettingKind as Kind;
    matches!(
        kind,
        Kind::Ciphers | Kind::Suites | Kind::Ciphersuites | Kind::Excluded
    )
}

/// The settings of a scope, with those that it inherits and does not replace.
fn effective(
    program: &Program,
    scopes: &[Scope],
    at: usize,
    statements: &[Statement],
) -> Vec<Setting> {
    let Some(scope) = scopes.get(at) else {
        return Vec::new();
    };
    let ids = scope.ids();
    let mut outer: Vec<&Scope> = scopes
        .iter()
        .filter(|other| {
            let above =
                program.inherit && other.ids().len() < ids.len() && ids.starts_with(&other.ids());
            let same = other.ids() == ids;
            let side = program.sides && same && other.side.is_empty() && !scope.side.is_empty();
            above && other.side == scope.side || side
        })
        .collect();
    outer.sort_by_key(|other| std::cmp::Reverse(other.path.len()));
    let mut settings = scope.own.clone();
    for other in outer {
        let is_command = |setting: &Setting| setting.command.is_some();
        let missing = |setting: &&Setting| {
            let mut all = settings.iter();
            !all.any(|own| own.kind == setting.kind && is_command(own) == is_command(setting))
        };
        // A command is not inherited if a block further inside, up to the scope itself, has the same directive.
        let is_replaced = |setting: &&Setting| {
            let Some(name) = setting
                .command
                .as_deref()
                .filter(|_| program.commands_replace)
            else {
                return false;
            };
            statements.iter().any(|statement| {
                let mut path = statement.path.clone();
                path.retain(|block| !program.is_transparent(&block.kind));
                let path: Vec<_> = path.iter().map(|block| block.id).collect();
                let is_within = path.len() > other.path.len() && ids.starts_with(&path);
                is_within && (statement.folded_name == name || statement.full_name == name)
            })
        };
        let merges = |setting: &&Setting| {
            (missing(setting) || program.merge && setting.kind == SettingKind::Versions)
                && !is_replaced(setting)
        };
        let inherited: Vec<_> = other.own.iter().filter(merges).cloned().collect();
        settings.splice(0..0, inherited);
    }
    settings
}

/// Keeps only the list of suites that Postfix's grade selects. The grade is `medium` if it is not stated. Returns
/// whether the list or the grade is not in the file.
fn graded(program: &Program, scope: &Scope, settings: &mut Vec<Setting>) -> bool {
    let is_master = &*program.dialect == "master.cf";
    if &*program.name != "postfix" || scope.side.is_empty() && !is_master {
        return false;
    }
    let stated = settings.iter().filter(|s| s.kind == SettingKind::Grade);
    let mut grades: Vec<String> = stated
        .map(|grade| {
            format!(
                "tls-{}-cipherlist",
                grade.value().trim().to_ascii_lowercase()
            )
        })
        .collect();
    if grades.is_empty() {
        if is_master {
            // The grade may be in main.cf.
            return true;
        }
        grades.push("tls-medium-cipherlist".to_owned());
    }
    let is = |setting: &Setting, grade: &String| {
        setting.kind == SettingKind::Ciphers && folded(setting.directive()) == *grade
    };
    settings.retain(|setting| {
        setting.kind != SettingKind::Ciphers || grades.iter().any(|grade| is(setting, grade))
    });
    let mut grades = grades.iter();
    grades.any(|grade| !settings.iter().any(|setting| is(setting, grade)))
}

/// The value that a section of `openssl.cnf` assigns to a name. `None` as section stands for the lines before the first
/// section.
fn assigned<'a>(statements: &'a [Statement], section: Option<&str>, name: &str) -> Option<&'a str> {
    let mut all = statements.iter().rev();
    let found = all.find(|statement| {
        let own = statement.path.last().map(|block| block.kind.as_str());
        let is_first = |own: &str| section.is_none() && own == "default";
        statement.name.text() == name && (own == section || own.is_some_and(is_first))
    });
    Some(found?.values.first()?.text())
}

/// The section of `openssl.cnf` with the settings of this role, such as `system_default`. As in
/// OpenSSL, `openssl_conf` names a section, whose `ssl_conf` names the section with the roles.
pub(super) fn section<'a>(statements: &'a [Statement], role: &str) -> Option<&'a str> {
    let modules = assigned(statements, None, "openssl_conf")?;
    let roles = assigned(statements, Some(modules), "ssl_conf")?;
    assigned(statements, Some(roles), role)
}

/// The sections of `openssl.cnf` that OpenSSL reads. `None` for files of other programs, and for a
/// file without sections, which another file may include.
fn used_sections<'a>(program: &Program, statements: &'a [Statement]) -> Option<Vec<&'a str>> {
    if &*program.name != "openssl" || statements.iter().all(|s| s.path.is_empty()) {
        return None;
    }
    let roles = assigned(statements, None, "openssl_conf")
        .and_then(|modules| assigned(statements, Some(modules), "ssl_conf"));
    let is_role = |statement: &&Statement| {
        roles.is_some() && statement.path.last().map(|block| block.kind.as_str()) == roles
    };
    let used = statements.iter().filter(is_role);
    Some(
        used.filter_map(|s| s.values.first())
            .map(|value| value.text())
            .collect(),
    )
}

/// The value of the directive `label` in a block. The label `metadata.name` stands for the
/// directive `name` in an inner block `metadata`.
fn labelled(label: &str, block: &Block, statements: &[Statement]) -> Option<String> {
    let (inner, name) = match label.split_once('.') {
        Some((inner, name)) => (Some(inner), name),
        None => (None, label),
    };
    let is = |statement: &&Statement| {
        let mut path = statement.path.iter().rev();
        let within = match inner {
            Some(inner) => path.next().is_some_and(|last| last.kind == inner),
            None => true,
        };
        within
            && path.next().is_some_and(|last| last.id == block.id)
            && statement.folded_name == name
    };
    let statement = statements.iter().find(is)?;
    let words: Vec<_> = statement
        .values
        .iter()
        .take(2)
        .map(|word| word.text())
        .collect();
    Some(words.join(" "))
}

/// The name of a service: the kind and the arguments of the innermost block, the value of the
/// directive that names it, and the side.
fn name(program: &Program, scope: &Scope, statements: &[Statement]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let named = scope.path.iter().rev().find(|block| !block.kind.is_empty());
    if let Some(block) = named {
        parts.push(block.kind.trim_start_matches('$').to_owned());
        if !block.arguments.is_empty() {
            parts.push(block.arguments.clone());
        }
    }
    // The directive that names the service may stand in a block around the innermost one.
    let labelled = scope.path.iter().rev().find_map(|block| {
        let label = program
            .labels
            .iter()
            .find_map(|label| labelled(label, block, statements))?;
        Some((block, label))
    });
    if let Some((block, label)) = labelled {
        if named.is_some_and(|named| named.id != block.id) && !block.kind.is_empty() {
            parts.push(format!("of {}", block.kind));
        }
        parts.push(label);
    }
    if !scope.side.is_empty() {
        parts.push(format!("({})", scope.side));
    }
    let name: String = parts
        .join(" ")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    name.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_versions_of_a_server_are_determined_once() {
        let calls = || value::CALLS.get();
        let before = calls();
        let text = ".ifdef A\nopenssl_options = +no_tlsv1\n.endif\n".repeat(6);
        let config = Config::parse("exim.conf", &text);
        assert_eq!(calls() - before, 1 << CASES);
        let [service] = config.services() else {
            panic!("{config:?}");
        };
        for _ in 0..2 {
            assert!(service.is_open(SettingKind::Versions));
            assert!(service.versions().is_some());
            config.findings();
        }
        assert_eq!(calls() - before, 1 << CASES);
    }
}
