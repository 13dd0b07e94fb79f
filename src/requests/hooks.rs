//! Hooks: `requests.hooks`.

use std::sync::Arc;

use super::{Error, PreparedRequest, Response};

impl PreparedRequest {
    /// Adds a function that gets each response: Python's `prepared.register_hook("response", f)`. The function is
    /// that of [`RequestOptions::response_hook`](super::RequestOptions::response_hook).
    ///
    /// ```
    /// # use pyssl::requests::Session;
    /// let mut prepared = Session::new(()).prepare_request("GET", "https://example.com", ())?;
    /// prepared.register_hook(|response| {
    ///     println!("{}", response.url());
    ///     Ok(response)
    /// });
    /// # Ok::<(), pyssl::requests::Error>(())
    /// ```
    pub fn register_hook(
        &mut self,
        hook: impl Fn(Response) -> Result<Response, Error> + Send + Sync + 'static,
    ) {
        self.hooks.push(Arc::new(hook));
    }
}

/// Passes a response through the hooks of its request.
pub(super) fn hooked(response: Response) -> Result<Response, Error> {
    let hooks = response.request().hooks.clone();
    let mut hooks = hooks.iter();
    hooks.try_fold(response, |response, hook| hook(response))
}
