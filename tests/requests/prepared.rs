//! Prepared requests: their hooks, their changes, and the steps of a redirect.

use pyssl::requests::{Error, RequestOptions, Session};
use serde_json::json;

use crate::echo::server;
use crate::scene::compare;

fn url(port: u16, path: &str) -> String {
    format!("http://localhost:{port}{path}")
}

#[test]
fn hooks_are_called_as_in_python() {
    let port = server(None, None);
    let mut scenes = Vec::new();
    for path in [
        "/echo",
        "/redirect/302?/echo",
        "/redirect/307?/redirect/302?/status/404",
        "/digest/MD5/auth",
    ] {
        for of_session in [json!({}), json!({"hook": "session"})] {
            for of_request in [
                json!({}),
                json!({"hook": "request"}),
                json!({"hook": "request", "digest": ["u", "p"]}),
            ] {
                for prepared in [false, true] {
                    for follow in [true, false] {
                        let mut options = of_request.clone();
                        options["allow_redirects"] = json!(follow);
                        let mut step = json!({"method": "POST", "url": url(port, path), "options": options, "prepared": prepared});
                        if !follow {
                            step["follow"] = json!(true);
                        }
                        scenes.push(json!({"session": of_session, "steps": [step]}));
                    }
                }
            }
        }
    }
    compare(&[], &scenes);
}

#[test]
fn each_step_of_a_redirect_sends_the_body_as_in_python() {
    let port = server(None, None);
    let mut scenes = Vec::new();
    for path in [
        "/redirect/307?/echo",
        "/redirect/308?/redirect/307?/echo",
        "/redirect/307?/redirect/302?/echo",
    ] {
        for body in [
            json!({}),
            json!({"data": "text"}),
            json!({"file": 1}),
            json!({"file": 1, "at": 4}),
            json!({"file": 20_000, "at": 7}),
            json!({"file": 0}),
            json!({"pipe": 1}),
        ] {
            let mut options = body;
            options["allow_redirects"] = json!(false);
            let step = json!({"method": "POST", "url": url(port, path), "options": options, "follow": true});
            scenes.push(json!({"steps": [step]}));
        }
    }
    compare(&[], &scenes);
}

#[test]
fn a_hook_can_be_added_to_a_prepared_request() {
    let port = server(None, None);
    let session = Session::new(());
    let mut prepared = session
        .prepare_request("GET", url(port, "/status/404"), ())
        .unwrap();
    prepared.register_hook(|response| {
        response.raise_for_status()?;
        Ok(response)
    });
    let error = session.send(prepared.clone(), ()).unwrap_err();
    assert!(matches!(error, Error::HTTPError { .. }), "{error:?}");
    let error = session.send_stream(prepared, ()).unwrap_err();
    assert!(matches!(error, Error::HTTPError { .. }), "{error:?}");
    // The credentials of a request can add hooks, as a subclass of Python's `AuthBase` does.
    let auth = RequestOptions::new().auth_with(|request| {
        request.register_hook(|mut response| {
            response.set_encoding("utf-16");
            Ok(response)
        });
    });
    let response = session.get(url(port, "/echo"), auth).unwrap();
    assert_eq!(response.encoding().as_deref(), Some("utf-16"));
}

#[test]
fn a_prepared_request_can_be_changed() {
    let port = server(None, None);
    let session = Session::new(());
    let options = RequestOptions::new().data("old").params([("a", "1")]);
    let mut prepared = session
        .prepare_request("POST", url(port, "/echo"), options)
        .unwrap();
    assert_eq!(prepared.path_url(), "/echo?a=1");
    assert_eq!(prepared.headers()["content-length"], "3");
    prepared.set_method("put").unwrap();
    prepared.set_body("new body");
    prepared.set_url(url(port, "/other")).unwrap();
    for invalid in ["nowhere", "ftp://x/", "http://"] {
        prepared.set_url(invalid).unwrap_err();
    }
    prepared.set_method("A B").unwrap_err();
    let text = session.send(prepared, ()).unwrap().text();
    assert!(text.starts_with("PUT /other\n"), "{text}");
    assert!(
        text.contains("content-length: 8\n") && text.ends_with("\nnew body"),
        "{text}"
    );
    // The body of a reader is replaced, too.
    let options = RequestOptions::new().data_reader(&b"reader"[..]);
    let mut prepared = session
        .prepare_request("POST", url(port, "/echo"), options)
        .unwrap();
    prepared.set_body("bytes");
    let text = session.send(prepared, ()).unwrap().text();
    assert!(
        text.ends_with("\nbytes") && !text.contains("transfer-encoding"),
        "{text}"
    );
}

#[test]
fn errors_of_a_status_have_the_response_and_the_request() {
    let port = server(None, None);
    let session = Session::new(()).max_redirects(1);
    let url = |path: &str| url(port, path);
    let response = session
        .post(url("/status/404"), RequestOptions::new().data("body"))
        .unwrap();
    let error = response.raise_for_status().unwrap_err();
    let found = error.response().unwrap();
    assert_eq!((found.status_code(), found.text()), (404, response.text()));
    assert_eq!(error.request().unwrap().url(), url("/status/404"));
    let streamed = session.stream("GET", url("/status/500"), ()).unwrap();
    let error = streamed.raise_for_status().unwrap_err();
    assert_eq!(error.response().unwrap().status_code(), 500);
    assert!(
        streamed
            .into_response()
            .unwrap()
            .text()
            .starts_with("GET /status/500\n")
    );
    let error = session
        .get(url("/redirect/302?/redirect/307?/echo"), ())
        .unwrap_err();
    assert_eq!(error.to_string(), "Exceeded 1 redirects.");
    assert_eq!(error.response().unwrap().status_code(), 307);
    assert_eq!(error.request().unwrap().path_url(), "/redirect/307?/echo");
    let error = session.get("nowhere", ()).unwrap_err();
    assert!(error.response().is_none() && error.request().is_none());
}
