-- Prosody
admins = { "a@example.com" }
modules_enabled = { "tls", "roster" }
ssl = {
    key = "/etc/prosody/key.pem";
    protocol = "tlsv1_2+";
    ciphers = "HIGH+kEECDH:!aNULL"; -- strong
    curve = "secp384r1";
    options = { "no_ticket", "cipher_server_preference" };
}
VirtualHost "example.com"
VirtualHost "old.example.com"
    ssl = { ciphers = "ALL:!aNULL"; protocol = "tlsv1+"; dhparam = "/etc/prosody/dh.pem" }
