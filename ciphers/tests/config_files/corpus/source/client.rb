require 'openssl'
ctx = OpenSSL::SSL::SSLContext.new
ctx.min_version = OpenSSL::SSL::TLS1_1_VERSION
ctx.ciphers = %w[ECDHE-RSA-AES128-GCM-SHA256 AES128-SHA].join(':')
http = Net::HTTP.new('example.com', 443)
http.ciphers = 'HIGH:!aNULL' # wide
http.ssl_version = :TLSv1_2
