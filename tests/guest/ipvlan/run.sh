# In the guest: routers whose adverts use an ipvlan of their own (`use_ipvlan`), and a neighbour in a namespace.
# Every section is played by the original and by ours; the host compares what they print.
modprobe -a veth ipvlan
ip netns add far; ip -n far link set lo up
ip link add eth0 type veth peer name eth9 netns far; ip link set eth0 up; ip addr add 10.1.1.8/24 dev eth0
ip -n far link set eth9 up; ip -n far addr add 10.1.1.9/24 dev eth9

router() { # PRIORITY INTERFACE ADDRESS REST
    printf 'vrrp_instance V {\n interface %s\n virtual_router_id 51\n priority %s\n virtual_ipaddress {\n %s\n }\n%s\n}\n' "$2" "$1" "$3" "$4"
}
until_ok() { n=150; until "$@" >/dev/null 2>&1; do n=$((n - 1)); [ $n -gt 0 ] || { echo "TIMEOUT: $*"; return; }; sleep 0.1; done; }
until_no() { n=150; while "$@" >/dev/null 2>&1; do n=$((n - 1)); [ $n -gt 0 ] || { echo "TIMEOUT: no $*"; return; }; sleep 0.1; done; }
has() { /sbin/ip -o addr show dev "$2" 2>/dev/null | grep -q "$1"; }
start() { rm -f /tmp/log; $1 -n -l -D -f /tmp/k.conf >/tmp/log 2>&1 & P=$!; }
stop() { kill $P; wait $P; }
logged() { grep -q "$1" /tmp/log; }
look() { # its kind, whose MAC address it has, what is on each interface; addresses that the kernel makes of a MAC address differ
    ip -d link show type ipvlan | sed -n 's/^[0-9]*: \([^:]*\):.*/\1/p; s/.*\(ipvlan *mode [^ ]* [^ ]*\).*/\1/p'
    for l in $(ls /sys/class/net | grep -v '^lo$'); do
        [ "$(cat /sys/class/net/$l/address)" = "$(cat /sys/class/net/eth0/address)" ] && echo "$l: MAC address of eth0"
        ip -o addr show dev $l | awk '{ print $2, $3, $4 }' | sed '/fe80::[0-9a-f]*:/s/ fe80.*/ of the kernel/' | sort
    done
}
said() { grep -hE "ipvlan|IPVLAN|VMAC|matching" /tmp/log | sed 's/^.*20[0-9][0-9]: //; s/^Keepalived[^:]*: //' | sort -u; }

play() { # NAME PROGRAM
    echo "== $1"
    router 100 eth0 10.1.1.50/24 'use_ipvlan 10.1.1.1' >/tmp/k.conf; start $2; until_ok has 10.1.1.50 eth0
    echo "-- addresses stay on the interface below"; look; cat /proc/sys/net/ipv6/conf/vrrp.51/disable_ipv6
    ip netns exec far ping -c1 -W3 10.1.1.50 | grep received
    router 150 eth9 10.1.1.50/24 >/tmp/far.conf
    /sbin/ip netns exec far keepalived -n -l -D -f /tmp/far.conf -p /tmp/far.pid -r /tmp/far-vrrp.pid >/tmp/far.log 2>&1 & F=$!
    until_ok grep 'advert from' /tmp/far.log; until_no has 10.1.1.50 eth0
    echo "-- adverts come from the address of the ipvlan, and those of others arrive there"
    sed -n 's/^.*\((V) received lower priority (100) advert from [0-9.]*\).*/\1/p' /tmp/far.log | sort -u; look
    kill $F; wait $F; until_ok has 10.1.1.50 eth0; stop; echo "-- ended"; said; look
    router 100 eth0 10.1.1.50/24 'use_vmac
use_ipvlan iv0 10.1.1.1/24 private' >/tmp/k.conf; start $2; until_ok has 10.1.1.50 iv0
    echo "-- with use_vmac the addresses are on it"; look
    kill -9 $P $(cat /proc/$P/task/$P/children); wait $P 2>/dev/null; start $2; until_ok has 10.1.1.50 iv0; until_ok logged 'Entering MASTER'
    echo "-- one of an earlier life is taken over"; look; stop; look
    router 100 eth0 fe80::50/64 'use_ipvlan vepa' >/tmp/k.conf; start $2; until_ok has fe80::50 eth0
    echo "-- IPv6 with the address that the kernel gives"; look; stop; look
    router 100 eth0 fe80::50/64 'use_ipvlan fe80::77' >/tmp/k.conf; start $2; until_ok has fe80::50 eth0
    echo "-- IPv6 with an address of its own"; has fe80::77/128 vrrp.51 && echo there; stop
    router 100 eth0 10.1.1.50/24 'use_ipvlan
mcast_src_ip 10.1.1.3' >/tmp/k.conf; start $2; until_ok ip link show vrrp.51; sleep 6
    echo "-- IPv4 without an address is a fault"; has 10.1.1.50 eth0 || echo free; logged 'Entering BACKUP' || echo fault; stop; said
}

echo "kernel $(uname -r)"
play original keepalived
play ours ./keepalived
