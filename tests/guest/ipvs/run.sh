# In the guest: a director, two web servers and a client, each in a namespace, and what becomes of the kernel's table.
# Every section is played by the original and by ours; the host compares what they print.
modprobe -a ip_vs ip_vs_rr ip_vs_wrr ip_vs_wlc ip_vs_sh ip_vs_lc ip_vs_pe_sip veth dummy
for h in client rs1 rs2; do
    ip netns add $h; ip -n $h link set lo up
    ip link add v-$h type veth peer name eth0 netns $h; ip link set v-$h up; ip -n $h link set eth0 up
done
ip addr add 10.1.0.1/24 dev v-client; ip -n client addr add 10.1.0.2/24 dev eth0; ip -n client route add default via 10.1.0.1
ip addr add 10.2.1.1/24 dev v-rs1; ip -n rs1 addr add 10.2.1.2/24 dev eth0; ip -n rs1 route add default via 10.2.1.1
ip addr add 10.2.2.1/24 dev v-rs2; ip -n rs2 addr add 10.2.2.2/24 dev eth0; ip -n rs2 route add default via 10.2.2.1
ip addr add 10.2.1.9/32 dev lo
ip link add eth0 type veth peer name eth9; ip link set eth0 up; ip link set eth9 up; ip addr add 10.9.0.1/24 dev eth0
echo 1 >/proc/sys/net/ipv4/ip_forward
mkdir -p /tmp/w1 /tmp/w2 /tmp/w9
echo "from rs1" >/tmp/w1/index.html; echo "from rs2" >/tmp/w2/index.html; echo sorry >/tmp/w9/index.html
# Not by the function `ip`, whose number would be that of a shell.
web() { /sbin/ip netns exec rs$1 httpd -f -p 80 -h /tmp/w$1 & eval "W$1=\$!"; }
httpd -p 10.2.1.9:80 -h /tmp/w9

table() { echo "table: $(ipvsadm -Sn | sort | tr '\n' ';')"; }
entries() { ipvsadm -Lnc | grep -c "$1"; }
ask() { timeout 3 /sbin/ip netns exec client wget -qO- http://10.1.0.100/ 2>/dev/null || echo nobody; }
until_table() { # PATTERN: waits until the table has it
    n=150; until ipvsadm -Sn | grep -q -- "$1"; do n=$((n - 1)); [ $n -gt 0 ] || { echo "TIMEOUT: $1"; return; }; sleep 0.1; done
}
until_no() { n=150; while ipvsadm -Sn | grep -q -- "$1"; do n=$((n - 1)); [ $n -gt 0 ] || { echo "TIMEOUT: no $1"; return; }; sleep 0.1; done; }
until_ok() { n=150; until "$@" >/dev/null 2>&1; do n=$((n - 1)); [ $n -gt 0 ] || { echo "TIMEOUT: $*"; return; }; sleep 0.1; done; }

play() { # NAME PROGRAM
    echo "== $1"
    rm -f /tmp/fifo /tmp/log; web 1; web 2
    cp balanced.conf /tmp/k.conf
    $2 -n -l -D -f /tmp/k.conf >/tmp/log 2>&1 & P=$!
    until_table "-a -t 10.1.0.100:80 -r 10.2.1.2:80"; until_table "-a -t 10.1.0.100:80 -r 10.2.2.2:80"
    until_ok grep -q 'Remote Web server \[10.2.2.2\]:tcp:80 succeed' /tmp/log; until_ok ip -o addr show dev v-client to 10.1.0.100
    all=$(entries '10.1.0.100:80') heavier=$(entries '10.2.2.2:80')
    echo "-- all is well"; table; for i in 1 2 3 4 5 6; do ask; done | sort | uniq -c
    echo "-- the kernel forwarded six connections, four of them to the heavier server"; echo $(($(entries '10.1.0.100:80') - all)) $(($(entries '10.2.2.2:80') - heavier))
    kill $W1; wait $W1 2>/dev/null; until_no "-r 10.2.1.2:80"; echo "-- one server died"; table; ask
    kill $W2; wait $W2 2>/dev/null; until_no "-r 10.2.2.2:80 -m -w 2"; until_table "10.2.1.9:80"; echo "-- both died"; table; ask
    web 1; until_table "-a -t 10.1.0.100:80 -r 10.2.1.2:80"; until_no "10.2.1.9:80"; echo "-- one came back"; table; ask
    # The kernel's counters follow within two seconds.
    sleep 3; before=$(ipvsadm -Ln --stats | grep 'TCP  10.1.0.100:80'); kill -HUP $P; sleep 2
    [ "$before" = "$(ipvsadm -Ln --stats | grep 'TCP  10.1.0.100:80')" ] && echo "-- a reload without a change kept the counters"
    web 2; until_table "-r 10.2.2.2:80"; sed 's/weight 2/weight 5/; s/lb_algo wrr/lb_algo rr/' balanced.conf >/tmp/k.conf; kill -HUP $P
    until_table "-r 10.2.2.2:80 -m -w 5"; echo "-- weight and scheduler changed"; table
    kill $P; wait $P; echo "-- ended"; table; ipvsadm -C; kill $W1 $W2; wait $W1 $W2 2>/dev/null

    cp kinds.conf /tmp/k.conf; $2 -n -l -D -f /tmp/k.conf >/tmp/log 2>&1 & P=$!
    until_table "10.9.1.9:5060"; sleep 1; echo "-- kinds of services"; table
    kill $P; wait $P; table; ipvsadm -C

    cp sync.conf /tmp/k.conf; $2 -n -l -D -f /tmp/k.conf >/tmp/log 2>&1 & P=$!
    until_ok sh -c 'ipvsadm -l --daemon | grep master'; echo "-- master tells"; ipvsadm -l --daemon
    ip link set eth0 down; until_ok sh -c 'ipvsadm -l --daemon | grep backup'; echo "-- backup listens"; ipvsadm -l --daemon
    ip link set eth0 up; ip addr add 10.9.0.1/24 dev eth0 2>/dev/null; kill $P; wait $P; ipvsadm -l --daemon
}

echo "kernel $(uname -r)"
play original keepalived
play ours ./keepalived
grep -h "ipvs\|IPVS" /tmp/log | head -3
