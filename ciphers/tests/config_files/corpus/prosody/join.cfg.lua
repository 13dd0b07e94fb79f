allow_registration = false
VirtualHost "chat.example"
  ssl = {
    certificate = "certs/chat.crt",
    ciphers = "ECDHE+AESGCM:"
      .. "!aNULL",
  }
