// Starts ReDoc. Its style elements carry the nonce of this page's policy, so styles need no 'unsafe-inline'.
window.__webpack_nonce__ = document.currentScript.nonce;
window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("redoc");
  Redoc.init(place.dataset.document, { nonce: window.__webpack_nonce__, expandResponses: "200,201", hideHostname: true }, place);
});
