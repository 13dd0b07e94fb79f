//! Chooses the proxy of a request: `requests.utils.select_proxy`, `get_environ_proxies` and
//! `should_bypass_proxies`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::url::Url;

/// Python's `proxies`: URLs of proxies, by `scheme`, `scheme://host`, `all` or `all://host`. The entry
/// `no_proxy` lists hosts that need none.
pub(super) type Proxies = BTreeMap<String, String>;

/// The proxy for a URL, if there is one.
pub(super) fn select(url: &Url, proxies: &Proxies) -> Option<String> {
    if proxies.is_empty() {
        return None;
    }
    let (scheme, host) = (url.scheme(), url.host());
    let names = [
        format!("{scheme}://{host}"),
        scheme.to_owned(),
        format!("all://{host}"),
        "all".to_owned(),
    ];
    let found = names.iter().find_map(|name| proxies.get(name));
    found.filter(|proxy| !proxy.is_empty()).cloned()
}

/// The proxies of the request. As in Python, missing entries are taken from the environment, and then from the
/// session.
pub(super) fn merged(url: &Url, request: &Proxies, session: &Proxies, trust_env: bool) -> Proxies {
    let mut proxies = request.clone();
    if trust_env {
        for (name, proxy) in of_environment(url, request) {
            proxies.entry(name).or_insert(proxy);
        }
    }
    for (name, proxy) in session {
        proxies.entry(name.clone()).or_insert_with(|| proxy.clone());
    }
    proxies
}

/// The proxies after a redirect: `requests.utils.resolve_proxies`.
pub(super) fn after_redirect(url: &Url, proxies: &Proxies, trust_env: bool) -> Proxies {
    let mut resolved = proxies.clone();
    if trust_env {
        let environment = of_environment(url, proxies);
        let proxy = environment.get(url.scheme()).or(environment.get("all"));
        if let Some(proxy) = proxy {
            resolved
                .entry(url.scheme().to_owned())
                .or_insert_with(|| proxy.clone());
        }
    }
    resolved
}

fn of_environment(url: &Url, proxies: &Proxies) -> Proxies {
    let no_proxy = proxies.get("no_proxy").map(String::as_str);
    match bypasses(url, no_proxy) {
        true => Proxies::new(),
        false => environment(),
    }
}

/// The proxies that environment variables name: `urllib.request.getproxies_environment`.
fn environment() -> Proxies {
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let scheme = |name: &str| {
        name.to_ascii_lowercase()
            .strip_suffix("_proxy")
            .map(str::to_owned)
    };
    let mut proxies = Proxies::new();
    for (name, value) in &variables {
        if let Some(scheme) = scheme(name).filter(|_| !value.is_empty()) {
            proxies.insert(scheme, value.clone());
        }
    }
    // In a CGI script, a client can set `HTTP_PROXY` with a header (CVE-2016-1000110), so only
    // `http_proxy` counts there.
    if variables.iter().any(|(name, _)| name == "REQUEST_METHOD") {
        proxies.remove("http");
    }
    for (name, value) in &variables {
        if let Some(scheme) = scheme(name).filter(|_| name.ends_with("_proxy")) {
            match value.is_empty() {
                true => proxies.remove(&scheme),
                false => proxies.insert(scheme, value.clone()),
            };
        }
    }
    proxies
}

/// Whether a URL is reached without a proxy: `requests.utils.should_bypass_proxies`.
fn bypasses(url: &Url, no_proxy: Option<&str>) -> bool {
    let of_environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let from_environment = || of_environment("no_proxy").or_else(|| of_environment("NO_PROXY"));
    let list = match no_proxy {
        Some(list) => Some(list.to_owned()),
        None => from_environment(),
    };
    let host = url.host();
    let Some(list) = list.filter(|list| !list.is_empty()) else {
        return false;
    };
    let joined = list.replace(' ', "");
    let mut entries = joined.split(',').filter(|entry| !entry.is_empty());
    let listed = match host.parse::<Ipv4Addr>() {
        Ok(address) => entries.any(|entry| match network(entry) {
            Some((network, mask)) => u32::from(address) & mask == u32::from(network) & mask,
            None => entry == host,
        }),
        Err(_) => {
            let with_port = url.port().map(|port| format!("{host}:{port}"));
            entries.any(|entry| {
                let entry = entry.trim_start_matches('.');
                let fits = |host: &str| {
                    host.strip_suffix(entry)
                        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                };
                fits(&host) || with_port.as_deref().is_some_and(fits)
            })
        }
    };
    listed || bypassed_by_urllib(&host, &list)
}

/// `urllib.request.proxy_bypass_environment`, which `requests` asks after its own rules. Here
/// `no_proxy` may be `*`, for all hosts.
fn bypassed_by_urllib(host: &str, list: &str) -> bool {
    list.trim() == "*"
        || list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .any(|entry| {
                let entry = entry.trim_start_matches('.').to_ascii_lowercase();
                let rest = host.strip_suffix(&*entry);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
}

/// Converts a network such as `10.0.0.0/8` to an address and a mask.
fn network(entry: &str) -> Option<(Ipv4Addr, u32)> {
    let (address, bits) = entry.split_once('/')?;
    let bits: u32 = bits.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    Some((address.parse().ok()?, u32::MAX << (32 - bits)))
}
