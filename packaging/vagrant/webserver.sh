#!/usr/bin/env bash
# Makes a Debian machine one of the two web servers; its page tells its name.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq apache2

# The balancers' checks stay out of the log, and the log has the visitor's address instead of the balancer's.
cat >/etc/apache2/sites-available/000-default.conf <<'SITE'
<VirtualHost *:80>
    DocumentRoot /var/www/html
    SetEnvIf Request_Method OPTIONS health-check
    LogFormat "%{X-Forwarded-For}i %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" visitor
    ErrorLog /var/log/apache2/error.log
    CustomLog /var/log/apache2/access.log visitor env=!health-check
</VirtualHost>
SITE

cat >/var/www/html/index.html <<PAGE
<html>
<head>
<title>$(hostname)</title>
</head>
<body>
<h1>$(hostname)</h1>
<p>Hi sir, I am going to serve you today!</p>
</body>
</html>
PAGE
systemctl restart apache2
