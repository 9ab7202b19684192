#!/usr/bin/env bash
# Makes a Debian machine one of the two balancers. PRIORITY is 101 on the first and 100 on the second.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq haproxy keepalived psmisc

cat >/etc/haproxy/haproxy.cfg <<'CFG'
# The default rehearsal: a small website behind two balancers, HTTP, round robin over two web servers.
global
    log 127.0.0.1 local0
    log 127.0.0.1 local1 notice
    daemon
    maxconn 2000

defaults
    log global
    mode http
    option httplog
    option dontlognull
    retries 3
    option redispatch
    timeout connect 5000ms
    timeout client 50000ms
    timeout server 50000ms

frontend http-in
    bind *:80
    default_backend webservers

backend webservers
    mode http
    stats enable
    stats auth admin:admin
    stats uri /haproxy?stats
    balance roundrobin
    option httpchk
    option forwardfor
    option http-server-close
    server web1 192.168.56.21:80 maxconn 32 check
    server web2 192.168.56.22:80 maxconn 32 check
CFG
haproxy -c -f /etc/haproxy/haproxy.cfg

echo 'net.ipv4.ip_nonlocal_bind=1' >/etc/sysctl.d/60-virtual-address.conf
sysctl -q -p /etc/sysctl.d/60-virtual-address.conf

cat >/etc/keepalived/keepalived.conf <<CONF
# One address for the pair; it follows haproxy. PRIORITY is 101 on the first balancer and 100 on the second.
vrrp_script chk_haproxy {
    script "killall -0 haproxy"
    interval 2
    weight 2
}
vrrp_instance VI_1 {
    interface eth1
    state MASTER
    virtual_router_id 51
    priority ${PRIORITY}
    virtual_ipaddress {
        192.168.56.10
    }
    track_script {
        chk_haproxy
    }
}
CONF
systemctl restart haproxy keepalived
