//! `pyssl audit`: reports the problems of a context.

use pyssl_ciphers::SslContextExt;
use std::process::ExitCode;

use pyssl as ssl;
use pyssl_ciphers::audit::AuditOptions;
use pyssl_ciphers::negotiate::Role;

use super::policy::read_policy;
use crate::args::{AuditArgs, ProtocolArg};
use crate::failure::{Failure, WithContext};
use crate::report;
use crate::report::policy::{full_verdict, is_violated, not_compared};
use crate::report::problems::Document;
use crate::setup;

pub(crate) fn run(args: &AuditArgs) -> Result<ExitCode, Failure> {
    match (args.client, args.server, args.protocol) {
        (true, _, Some(ProtocolArg::Server)) => {
            return Err(Failure::Usage("--client contradicts --protocol".to_owned()));
        }
        (_, true, Some(ProtocolArg::Client)) => {
            return Err(Failure::Usage("--server contradicts --protocol".to_owned()));
        }
        _ => {}
    }
    let role = role(args);
    let policy = args.policy.as_deref().map(read_policy).transpose()?;
    let context = context(args, role)?;
    let judged = match policy {
        Some(policy) => {
            let report = context.check_policy(&policy, role);
            Some(report.with_context(|| "cannot compare the context with the policy".to_owned())?)
        }
        None => None,
    };
    let mut options = AuditOptions::new().role(role);
    if let Some(host) = &args.host {
        options = options.server_hostname(host);
    }
    if let Some(file) = &args.peer_cafile {
        options = options.peer_cafile(file);
    }
    let findings = context
        .audit(options)
        .with_context(|| "cannot audit the context".to_owned())?;
    let found = findings.iter().any(|f| report::counts(f.severity()));
    let violated = judged.as_ref().is_some_and(is_violated);
    let documents = [Document {
        subject: format!("the context of a {role}"),
        code: u8::from(found || violated),
        verdict: judged.iter().map(|report| full_verdict(report).1).collect(),
        not_compared: judged.iter().flat_map(not_compared).collect(),
        problems: report::audit::problems(&findings, judged.as_ref()),
        ..Document::default()
    }];
    report::print(|out| {
        if let Some(format) = args.output.format {
            report::problems::write(out, format, &documents)
        } else if args.json {
            report::audit::json(out, role, &context, &findings, judged.as_ref())
        } else {
            report::audit::human(out, role, &context, &findings, judged.as_ref())
        }
    })?;
    let code = report::problems::exit_code(&args.output, &documents);
    Ok(ExitCode::from(code))
}

fn role(args: &AuditArgs) -> Role {
    let server = match args.protocol {
        Some(ProtocolArg::Server) => true,
        Some(ProtocolArg::Client) => false,
        _ => args.cert.is_some(),
    };
    if args.server || (server && !args.client) {
        Role::Server
    } else {
        Role::Client
    }
}

fn context(args: &AuditArgs, role: Role) -> Result<ssl::SslContext, Failure> {
    let context = match args.protocol {
        Some(protocol) => ssl::SslContext::new(protocol.into()),
        None => {
            let purpose = match role {
                Role::Client => ssl::Purpose::SERVER_AUTH,
                Role::Server => ssl::Purpose::CLIENT_AUTH,
            };
            let mut options = ssl::DefaultContext::new(purpose);
            if let Some(file) = &args.cafile {
                options = options.cafile(file);
            }
            if let Some(directory) = &args.capath {
                options = options.capath(directory);
            }
            ssl::create_default_context(options)
        }
    };
    let context = setup::made(context, "cannot create the context")?;
    if args.protocol.is_some() && (args.cafile.is_some() || args.capath.is_some()) {
        let mut locations = ssl::VerifyLocations::new();
        if let Some(file) = &args.cafile {
            locations = locations.cafile(file);
        }
        if let Some(directory) = &args.capath {
            locations = locations.capath(directory);
        }
        context
            .load_verify_locations(locations)
            .with_context(|| "cannot load --cafile or --capath".to_owned())?;
    }
    setup::versions(&context, args.min, args.max)?;
    if let Some(ciphers) = &args.ciphers {
        context
            .set_ciphers(ciphers)
            .with_context(|| format!("--ciphers '{}'", ciphers.escape_debug()))?;
    }
    if let Some(suites) = &args.tls13 {
        context
            .set_ciphersuites(suites)
            .with_context(|| format!("--tls13 '{}'", suites.escape_debug()))?;
    }
    if let Some(groups) = &args.groups {
        context
            .set_groups(groups)
            .with_context(|| format!("--groups '{}'", groups.escape_debug()))?;
    }
    if args.no_check_hostname {
        context
            .set_check_hostname(false)
            .with_context(|| "--no-check-hostname".to_owned())?;
    }
    if let Some(mode) = args.verify_mode {
        context
            .set_verify_mode(mode.into())
            .with_context(|| "--verify-mode".to_owned())?;
    }
    if let Some(cert) = &args.cert {
        setup::load_identity(&context, cert, &args.key)?;
    }
    Ok(context)
}
