#!/bin/bash
# A real Apache Kafka broker for tests, secured as Port's: one node in KRaft mode with
#   PLAINTEXT on 127.0.0.1 for producing and administration (whoever comes there may do all), and
#   SASL_SSL on localhost with SCRAM-SHA-512 and ACLs for the program under test.
#
#   kafka.sh jars                           fetch what is needed (once); prints the folder
#   kafka.sh start DIR [USER=PASSWORD ...]  make a broker in DIR, or start the one that is there; the
#                                           users are made with a new broker only (user: later)
#   kafka.sh stop | kill | bounce DIR       SIGTERM | SIGKILL | stop and start; ports and data stay
#   kafka.sh freeze | thaw DIR              SIGSTOP | SIGCONT: connections stay, nothing answers
#   kafka.sh status DIR                     "up PID", or "down" and 1
#   kafka.sh destroy DIR                    kill it and remove DIR
#   kafka.sh env DIR                        KAFKA_PLAIN=… KAFKA_SASL=… KAFKA_CA=… KAFKA_LOG=… KAFKA_PID=…
#   kafka.sh client DIR USER PASSWORD       the properties to log in with, a line each
#   kafka.sh user DIR USER PASSWORD         add a SCRAM user, or change the password
#   kafka.sh orguser DIR ORG PASSWORD       as Port makes it: user ORG, who may read topics ORG.* with the
#                                           groups ORG.* and ORG
#   kafka.sh admin DIR ARGUMENTS ...        tests/tools/admin on this broker: topic, parts, trim, rmtopic,
#                                           allow, group, members, marks (run admin without arguments for its list)
#
# KAFKA_VERSION (3.9.1), KAFKA_HEAP, KAFKA_JVM (further flags: -XX:TieredStopAtLevel=4 for the full JIT),
# PORTLOG_TEST_TOOLS: where admin was built (default: build/tests/tools of this tree).
# Only the process that DIR/pid names, and whose command line names DIR, is ever signalled.
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=${KAFKA_VERSION:-3.9.1}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/portlog-tests
libs=$cache/kafka-$version
tools=${PORTLOG_TEST_TOOLS:-$here/../../build/tests/tools}

die() {
	echo "kafka.sh: $*" >&2
	exit 1
}

usage() {
	sed -n '2,/^set /s/^# \?//p' "${BASH_SOURCE[0]}"
	exit 2
}

# Several tests may come at once: one fetches, the others wait; the folder appears when it is whole.
fetch_jars() {
	[ -d "$libs" ] && return
	command -v java >/dev/null || die "java is not here: install a JRE (17 or later)"
	command -v mvn >/dev/null || die "mvn is not here: install Maven to fetch the broker"
	mkdir -p "$cache" || die "cannot make $cache"
	exec 8>"$cache/kafka.lock"
	flock 8
	if [ ! -d "$libs" ]; then
		local work
		work=$(mktemp -d "$cache/fetch.XXXXXX") || die "cannot write to $cache"
		cp "$here/kafka.pom.xml" "$work/pom.xml"
		(cd "$work" && mvn -B -q dependency:copy-dependencies -Dkafka.version="$version" \
			-DincludeScope=runtime -DoutputDirectory="$work/libs") >"$work/log" 2>&1 </dev/null || {
			tail -n 20 "$work/log" >&2
			rm -rf "$work"
			die "cannot fetch Kafka $version with mvn"
		}
		# Kafka brings its own way to log; slf4j-simple is the only one wanted.
		rm -f "$work"/libs/slf4j-reload4j-*.jar "$work"/libs/log4j-slf4j*-impl-*.jar
		mv "$work/libs" "$libs"
		rm -rf "$work"
	fi
	exec 8>&-
}

java_tool() {
	java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
		-Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$libs/*" "$@"
}

alive() {
	pid=$(cat "$dir/pid" 2>/dev/null) && [ -n "$pid" ] || return 1
	# A zombie has no command line.
	tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$dir/server.properties"
}

# Below the range that the system takes ports of outgoing connections from: nobody takes it while
# the broker is down for a moment.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo $port
}

make_certificates() {
	mkdir -p "$dir/tls" && cd "$dir/tls" || return
	local key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256"
	# shellcheck disable=SC2086
	openssl req -x509 $key -days 3650 -keyout ca.key -out ca.pem -subj "/CN=portlog test CA" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign &&
		openssl req $key -keyout server.key -out server.csr -subj /CN=localhost &&
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext &&
		openssl x509 -req -sha256 -days 3650 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
			-extfile server.ext -out server.crt &&
		openssl pkcs8 -topk8 -nocrypt -in server.key -out server.p8 &&
		cat server.p8 server.crt ca.pem >server.pem
}

write_properties() {
	cat <<-END
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$ctl
		controller.listener.names=CONTROLLER
		listeners=PLAINTEXT://127.0.0.1:$plain,SASL_SSL://127.0.0.1:$sasl,CONTROLLER://127.0.0.1:$ctl
		advertised.listeners=PLAINTEXT://127.0.0.1:$plain,SASL_SSL://localhost:$sasl
		listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
		inter.broker.listener.name=PLAINTEXT
		sasl.enabled.mechanisms=SCRAM-SHA-512
		listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
		ssl.keystore.type=PEM
		ssl.keystore.location=$dir/tls/server.pem
		authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
		super.users=User:ANONYMOUS
		allow.everyone.if.no.acl.found=false
		auto.create.topics.enable=false
		log.dirs=$dir/data
		log.retention.hours=-1
		log.segment.bytes=134217728
		log.cleaner.dedupe.buffer.size=8388608
		num.network.threads=2
		num.io.threads=4
		offsets.topic.num.partitions=4
		offsets.topic.replication.factor=1
		transaction.state.log.num.partitions=2
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
		group.initial.rebalance.delay.ms=0
		group.min.session.timeout.ms=1000
		broker.session.timeout.ms=2000
		broker.heartbeat.interval.ms=400
	END
}

new_broker() { # USER=PASSWORD ...
	local users=() user cluster
	plain=$(free_port) sasl=$(free_port) ctl=$(free_port)
	[ "$plain" != "$sasl" ] && [ "$sasl" != "$ctl" ] && [ "$plain" != "$ctl" ] || return 1
	for user in "$@"; do
		users+=(--add-scram "SCRAM-SHA-512=[name=${user%%=*},password=${user#*=}]")
	done
	rm -rf "$dir/data"
	write_properties >"$dir/server.properties"
	# Kafka wants 16 bytes in Base64 for URLs, not beginning with a dash.
	cluster=A$(head -c 16 /dev/urandom | base64 | tr +/ -_ | cut -c 2-22)
	java_tool kafka.tools.StorageTool format -t "$cluster" -c "$dir/server.properties" "${users[@]}" \
		>"$dir/format.log" 2>&1 || {
		cat "$dir/format.log" >&2
		die "cannot format the broker's data"
	}
	printf 'plain=%s sasl=%s ctl=%s libs=%s\n' "$plain" "$sasl" "$ctl" "$libs" >"$dir/ports"
}

# The class path is a wildcard, which java itself expands.
# shellcheck disable=SC2086
launch() {
	[ ! -e "$dir/broker.out" ] || cat "$dir/broker.out" >>"$dir/broker.log"
	: >"$dir/broker.out"
	setsid bash -c 'echo $$ >"$1/pid"; shift; exec java "$@"' launch "$dir" \
		${KAFKA_HEAP:--Xms192m -Xmx384m} -XX:+UseSerialGC -XX:-UsePerfData -XX:TieredStopAtLevel=1 \
		-Djava.awt.headless=true ${KAFKA_JVM:-} \
		-Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
		-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
		-cp "$libs/*" kafka.Kafka "$dir/server.properties" \
		</dev/null >"$dir/broker.out" 2>&1 8>&- 9>&- &
	local i
	for ((i = 0; i < 1200; i++)); do
		# Said when the broker is registered and answers requests.
		grep -q 'Kafka Server started' "$dir/broker.out" && alive && return 0
		[ $i -lt 20 ] || alive || return 1
		sleep 0.05
	done
	return 1
}

start() {
	fetch_jars
	mkdir -p "$dir" || die "cannot make $dir"
	if ! alive; then
		local attempt=0
		if [ ! -e "$dir/tls/server.pem" ]; then
			(make_certificates) >"$dir/openssl.log" 2>&1 || die "no certificates: see $dir/openssl.log"
		fi
		if [ -e "$dir/ports" ]; then
			load
			# After a crash the old registration must time out first.
			launch || failed
		else
			# Somebody else may take a port between our look and our use of it.
			until new_broker "$@" && launch; do
				((++attempt < 5)) && ! { alive && stop KILL; } || failed
			done
		fi
	fi
	echo "up $pid"
}

failed() {
	tail -n 20 "$dir/broker.out" >&2
	die "the broker does not start: see $dir/broker.out"
}

stop() { # SIGNAL
	alive || return 0
	local target=$pid i
	kill -"$1" "$target"
	kill -CONT "$target" 2>/dev/null
	for ((i = 0; i < 600; i++)); do
		alive || break
		sleep 0.05
	done
	alive && kill -KILL "$target"
	rm -f "$dir/pid"
}

load() {
	[ -r "$dir/ports" ] || die "no broker in $dir: start it first"
	# shellcheck disable=SC1091
	. "$dir/ports"
}

admin() {
	[ -x "$tools/admin" ] || die "no $tools/admin: build it first, or set PORTLOG_TEST_TOOLS"
	"$tools/admin" "127.0.0.1:$plain" "$@"
}

user() { # NAME PASSWORD
	java_tool kafka.admin.ConfigCommand --bootstrap-server "127.0.0.1:$plain" --alter \
		--entity-type users --entity-name "$1" --add-config "SCRAM-SHA-512=[password=$2]" >/dev/null
}

command=${1:-}
[ "$command" = jars ] && fetch_jars && echo "$libs" && exit
[ $# -ge 2 ] || usage
dir=$(realpath -m "$2")
shift 2
plain='' sasl='' ctl='' pid=''
case $command in
start) start "$@" ;;
stop) stop TERM ;;
kill) stop KILL ;;
bounce) stop TERM && start ;;
freeze) alive && kill -STOP "$pid" ;;
thaw) alive && kill -CONT "$pid" ;;
status) if alive; then echo "up $pid"; else echo down && exit 1; fi ;;
destroy) stop KILL && { [ ! -e "$dir/ports" ] || rm -rf "$dir"; } ;;
env)
	load
	alive || pid=
	echo "KAFKA_PLAIN=127.0.0.1:$plain KAFKA_SASL=localhost:$sasl KAFKA_CA=$dir/tls/ca.pem" \
		"KAFKA_LOG=$dir/broker.out KAFKA_PID=$pid"
	;;
client)
	load
	printf '%s\n' "bootstrap.servers=localhost:$sasl" security.protocol=SASL_SSL \
		sasl.mechanisms=SCRAM-SHA-512 "sasl.username=$1" "sasl.password=$2" \
		"ssl.ca.location=$dir/tls/ca.pem"
	;;
user) load && user "$@" ;;
orguser)
	load
	{ user "$1" "$2" && admin allow "$1" "topic:$1.*" "group:$1.*" "group:$1"; } || exit
	;;
admin) load && admin "$@" ;;
*) usage ;;
esac
