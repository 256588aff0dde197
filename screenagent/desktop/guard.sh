# Waits for the end of its input, which comes when the agent ends, however that happens. Then it ends whatever carries
# the folder's name in its environment, daemons that left their process group too, and removes the folder; more than
# once, because what those had started in turn may write into it for as long as it takes to notice.
folder=$1
ours() { grep -lzsxF "SCREENAGENT_DESKTOP=$folder" /proc/[0-9]*/environ | cut -d/ -f3; }
read -r _
kill -TERM $(ours) 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(ours)" ] && break; sleep 0.05; done
kill -KILL $(ours) 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$folder" 2>/dev/null; sleep 0.05; [ -e "$folder" ] || break; done
