# Completion of portlog for fish: portlog itself knows what may come next.

function __portlog_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l typed (commandline -ct)
    # A quote that is still open is closed, to see what is in it.
    set -l plain (string unescape -- $typed; or string unescape -- $typed"'"; or string unescape -- $typed'"')
    test (count $plain) -gt 0; or set plain ''
    set -l answer (command portlog complete words -- $words $plain[1] 2>/dev/null </dev/null)
    if test "$answer[1]" = files
        set -l parts (string match -r -- '^((?:--[a-z-]+=)?)(.*)$' $plain[1])
        for path in (__fish_complete_path $parts[3])
            echo $parts[2]$path
        end
    end
    string join \n -- $answer[2..-1]
end

complete -c portlog -f -k -a '(__portlog_complete)'
