//! The account, and its file.

use std::path::PathBuf;

use instant_acme::{Account, AccountCredentials, Key};
use openssl::pkey::PKey;
use openssl::sha::sha256;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::binding::Binding;
use super::error::AcmeError;
use super::settings::Settings;
use super::storage::Storage;
use super::transport::Transport;

const REQUEST: &str = "an account";

/// Returns a function that converts an error of `instant_acme` to an `AcmeError` for this request.
pub(super) fn refused(
    request: &'static str,
    transport: &Transport,
) -> impl FnOnce(instant_acme::Error) -> AcmeError {
    let transport = transport.clone();
    move |error| {
        let retry_after = transport.take_retry_after();
        match error {
            instant_acme::Error::Api(problem) => {
                let kind = problem.r#type.as_deref().unwrap_or("no type");
                let kind = kind.trim_start_matches("urn:ietf:params:acme:error:");
                let details = problem.subproblems.iter().map(ToString::to_string);
                let details = problem.detail.clone().into_iter().chain(details);
                AcmeError::Refused {
                    request,
                    kind: kind.to_owned(),
                    detail: details.collect::<Vec<_>>().join("; "),
                    retry_after,
                }
            }
            other => AcmeError::Exchange {
                request,
                message: other.to_string(),
                retry_after,
            },
        }
    }
}

/// Where the account of a server is stored: its JSON file, and the key of an account that is being created.
fn files(storage: &Storage, directory: &str) -> [PathBuf; 2] {
    let readable = directory.trim_start_matches("https://");
    let readable = readable.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "_");
    let digest = sha256(directory.as_bytes());
    let digest: String = digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let readable: String = readable.chars().take(100).collect();
    ["json", "key"].map(|kind| {
        let file = format!("{readable}-{digest}.{kind}");
        storage.accounts().join(file)
    })
}

/// The stored account, or a new one. The caller has locked the storage.
pub(super) async fn open(
    settings: &Settings,
    storage: &Storage,
    transport: &Transport,
) -> Result<Account, AcmeError> {
    match stored(settings, storage, transport).await? {
        Some(account) => Ok(account),
        None => create(settings, storage, transport, None).await,
    }
}

/// The stored account, if there is one.
pub(super) async fn stored(
    settings: &Settings,
    storage: &Storage,
    transport: &Transport,
) -> Result<Option<Account>, AcmeError> {
    let [file, key_file] = files(storage, &settings.directory);
    if let Some(content) = storage.read(&file)? {
        // An earlier process may have ended before it has removed the file.
        storage.remove(&key_file)?;
        // A file that cannot be read as an account is an error: a new account might lose rights that the old
        // one has.
        let credentials = parse(&content).map_err(|message| AcmeError::Storage {
            path: file,
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, message),
        })?;
        let builder = Account::builder_with_http(Box::new(transport.clone()));
        let account = builder.from_credentials(credentials).await;
        let account = account.map_err(refused("the directory", transport))?;
        return Ok(Some(account));
    }
    Ok(None)
}

/// Creates the account anew with its old key, after the server has lost it.
pub(super) async fn create_again(
    settings: &Settings,
    storage: &Storage,
    transport: &Transport,
) -> Result<Account, AcmeError> {
    let [file, _] = files(storage, &settings.directory);
    let content = storage.read(&file)?;
    let key = content.and_then(|content| {
        let credentials = parse(&content).ok()?;
        Some(credentials.private_key().secret_pkcs8_der().to_vec())
    });
    create(settings, storage, transport, key).await
}

fn parse(content: &[u8]) -> Result<AccountCredentials, String> {
    serde_json::from_slice(content).map_err(|error| format!("this is not an account: {error}"))
}

async fn create(
    settings: &Settings,
    storage: &Storage,
    transport: &Transport,
    key: Option<Vec<u8>>,
) -> Result<Account, AcmeError> {
    let [file, key_file] = files(storage, &settings.directory);
    let failed = || refused(REQUEST, transport);
    // The key is stored first. If this process ends before it has stored the account, the next one asks for the account
    // of the key (RFC 8555, section 7.3.1).
    let (der, is_new) = match (key, storage.read(&key_file)?) {
        (Some(der), _) => (der, false),
        (None, Some(pem)) => {
            let key = PKey::private_key_from_pem(&pem)?;
            (key.private_key_to_pkcs8()?, false)
        }
        (None, None) => {
            let key = super::key::generate(super::KeyType::EcdsaP256)?;
            storage.write(&key_file, &key.private_key_to_pem_pkcs8()?)?;
            (key.private_key_to_pkcs8()?, true)
        }
    };
    let pkcs8 = PrivatePkcs8KeyDer::from(der);
    let pair = || {
        let key = Key::from_pkcs8_der(pkcs8.clone_key()).map_err(failed())?;
        Ok::<_, AcmeError>((key, PrivateKeyDer::Pkcs8(pkcs8.clone_key())))
    };
    let directory = || settings.directory.clone();
    let (account, credentials) = if let Some(external) = &settings.eab {
        // The server may accept the binding once, so it is asked for an account of the key before.
        let known = match is_new {
            true => None,
            false => {
                let builder = Account::builder_with_http(Box::new(transport.clone()));
                match builder.from_key(pair()?, directory()).await {
                    Err(instant_acme::Error::Api(_)) => None,
                    known => Some(known.map_err(failed())?),
                }
            }
        };
        match known {
            Some(known) => known,
            None => {
                let binding = Binding {
                    external: external.clone(),
                    contact: settings.contact.clone(),
                    key: PKey::private_key_from_pkcs8(pkcs8.secret_pkcs8_der())?,
                };
                let bound = Box::new(transport.with_binding(binding));
                let builder = Account::builder_with_http(bound);
                let created = builder.create_from_key(pair()?, directory()).await;
                created.map_err(failed())?
            }
        }
    } else {
        let builder = Account::builder_with_http(Box::new(transport.clone()));
        let created = builder.create_from_key(pair()?, directory()).await;
        let (account, credentials) = created.map_err(failed())?;
        let contacts: Vec<&str> = settings.contact.iter().map(String::as_str).collect();
        if !contacts.is_empty() {
            let updated = account.update_contacts(&contacts).await;
            updated.map_err(failed())?;
        }
        (account, credentials)
    };
    let content = serde_json::to_vec(&credentials).map_err(|error| AcmeError::Storage {
        path: file.clone(),
        source: error.into(),
    })?;
    storage.write(&file, &content)?;
    storage.remove(&key_file)?;
    Ok(account)
}
