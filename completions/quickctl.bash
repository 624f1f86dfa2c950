# Completion of quickctl, and of the other names it has, for bash 4.3 or later: commands, options, and the processes and
# groups of the supervisord that the words typed so far mean. Needs no bash-completion package. A supervisord that does
# not answer within two seconds has no names; what it calls its programs is quoted, and never evaluated.
# shellcheck shell=bash

# Fills `words` with the words up to the cursor as they are typed; COMP_WORDS has them split at colons and the like.
_keenlance_read_words() {
    local line=${COMP_LINE:0:COMP_POINT} piece i
    piece=${COMP_WORDS[0]}
    words=("$piece")
    line=${line#*"$piece"}
    for ((i = 1; i <= COMP_CWORD; i++)); do
        if [[ $line == [[:space:]]* ]]; then
            line=${line#"${line%%[![:space:]]*}"}
            words+=("")
        fi
        piece=${COMP_WORDS[i]:0:${#line}}
        words[-1]+=$piece
        line=${line#"$piece"}
    done
}

# What word $1 means: `plain` without its quotes, `open` the quote that is still open at its end, and `kept` the part
# that readline leaves alone, because it replaces only what is behind that quote or the last word break.
_keenlance_unquote() {
    local word=$1 char next before='' i
    plain='' open='' kept=''
    for ((i = 0; i < ${#word}; i++)); do
        char=${word:i:1} next=${word:i+1:1}
        if [[ -n $open && $char == "$open" ]]; then
            open=''
        elif [[ $char == \\ && ( -z $open || ( $open == \" && $next == [\\\"\$\`] ) ) ]]; then
            plain+=$next
            ((++i))
        elif [[ -n $open ]]; then
            plain+=$char
        elif [[ $char == [\'\"] ]]; then
            open=$char before=$plain
        else
            plain+=$char
            if [[ $COMP_WORDBREAKS == *"$char"* ]]; then kept=$plain; fi
        fi
    done
    if [[ -n $open ]]; then kept=$before; fi
}

# Offers those of its arguments that go on from what is typed.
_keenlance_offer() {
    local candidate rest
    for candidate in "$@"; do
        if [[ $candidate != "$plain"* || $candidate == "$kept" ]]; then continue; fi
        rest=${candidate:${#kept}}
        case $open in
            \') if [[ $rest == *\'* ]]; then continue; fi ;;
            \") if [[ $rest == *[\\\"\$\`!]* ]]; then continue; fi ;;
            *) printf -v rest %q "$rest" ;;
        esac
        COMPREPLY+=("$rest")
        if [[ $candidate == *[:=/] ]]; then compopt -o nospace 2>/dev/null; fi
    done
}

# Offers what `compgen $1` finds for the value typed, which may stand behind a "--option=".
_keenlance_offer_found() {
    local before='' value=$plain found all=()
    if [[ $plain == --*=* ]]; then before=${plain%%=*}= value=${plain#*=}; fi
    while IFS= read -r found; do
        # Readline does so only where it sees the whole path.
        if [[ $1 == -f && ${#kept} -ne ${#before} && -d ${found/#\~\//$HOME/} ]]; then
            found+=/
            compopt -o nospace 2>/dev/null
        fi
        all+=("$before$found")
    done < <(compgen "$1" -- "$value" 2>/dev/null)
    if [[ $1 != -f ]]; then
        _keenlance_offer "${all[@]}"
    elif ((${#all[@]})); then
        COMPREPLY=("${all[@]#"$kept"}")  # readline quotes them, and puts a slash behind folders
        compopt -o filenames 2>/dev/null
    fi
}

# The processes of the supervisord that `connection` means, a line each, as quickctl takes their names.
_keenlance_names() {
    local program=quickctl line value group=''
    if [[ $1 == */* ]]; then program=${1%/*}/quickctl; fi
    # Without the terminal, so that nobody asks for a password there.
    timeout -k 1 2 "${program/#\~\//$HOME/}" "${connection[@]}" --json status </dev/null 2>/dev/null |
        while IFS= read -r line; do
            if [[ ! $line =~ ^\ *\"(group|name)\":\ \"(.*)\",?$ ]]; then continue; fi
            value=${BASH_REMATCH[2]//\\\"/\"}
            value=${value//\\\\/\\}
            if [[ ${BASH_REMATCH[1]} == group ]]; then
                group=$value
            elif [[ $value == "$group" ]]; then
                printf '%s\n' "$value"
            else
                printf '%s\n' "$group:$value"
            fi
        done
}

# Offers processes and groups: their members only when a group is typed, for it may have many.
_keenlance_offer_processes() {
    local name all=() offered=() groups=' '
    while IFS= read -r name; do all+=("$name"); done < <(_keenlance_names "$1")
    for name in "${all[@]}"; do
        if [[ $name != *:* || $plain == *:* ]]; then offered+=("$name"); fi
        if [[ $name == *:* && $plain != *:* && $groups != *" ${name%%:*} "* ]]; then
            groups+="${name%%:*} "
            offered+=("${name%%:*}:")
        fi
    done
    if ((${#all[@]})); then offered+=(all); fi
    _keenlance_offer "${offered[@]}"
}

_keenlance_offer_groups() {
    local name offered=() seen=' '
    while IFS= read -r name; do
        name=${name%%:*}
        if [[ $seen != *" $name "* ]]; then offered+=("$name"); fi
        seen+="$name "
    done < <(_keenlance_names "$1")
    _keenlance_offer "${offered[@]}"
}

# Offers values of option $1; `dashes` is "--option=" where the value is behind it.
_keenlance_offer_values() {
    local dashes=''
    if [[ $plain == --*=* ]]; then dashes=$1=; fi
    case $1 in
        -c | --configuration) _keenlance_offer_found -f ;;
        -s | --serverurl) _keenlance_offer "$dashes"{unix://,http://,https://} ;;
        -u | --username) _keenlance_offer_found -u ;;
        --order) _keenlance_offer "${dashes}config" ;;
        --signal) _keenlance_offer "$dashes"{HUP,INT,QUIT,TERM,USR1,USR2,WINCH,CONT,STOP,KILL} ;;
        --health-cmd | --pre | --post) _keenlance_offer_found -c ;;
    esac
}

# Reads the words before the cursor: `connection`, `verb`, `arguments` (how many patterns), and `expects`, an option
# whose value comes next.
_keenlance_read_options() {
    local word value plain open kept ended=''
    for word in "${@}"; do
        _keenlance_unquote "$word"
        if [[ -n $expects ]]; then
            value=$plain plain=$expects expects=''
        elif [[ -n $ended || $plain != -?* ]]; then
            if [[ -z $verb ]]; then verb=$plain; else ((++arguments)); fi
            continue
        elif [[ $plain == -- ]]; then
            ended=yes
            continue
        elif [[ $plain == --*=* ]]; then
            value=${plain#*=} plain=${plain%%=*}
        elif [[ $plain == --* ]]; then
            if [[ $valued == *" $plain "* ]]; then expects=$plain; fi
            continue
        else  # letters, of which the first that wants a value takes the rest
            while [[ $plain == -?* && $valued != *" ${plain:0:2} "* ]]; do plain=-${plain:2}; done
            value=${plain:2} plain=${plain:0:2}
            if [[ $plain == -? && -z $value ]]; then expects=$plain; fi
            if [[ -z $value ]]; then continue; fi
        fi
        case $plain in
            -c | --configuration) connection+=("$plain" "${value/#\~\//$HOME/}") ;;
            -[sup] | --serverurl | --username | --password) connection+=("$plain" "$value") ;;
        esac
    done
}

_keenlance_quickctl() {
    local words=() plain open kept verb='' expects='' arguments=0 connection=() options=() program
    local valued=' -c -s -u -p --configuration --serverurl --username --password --timeout --order --batch --stable
        --health-url --health-cmd --health-tcp --health-timeout --pause --max-failures --signal --pre --post
        --hook-timeout '
    valued=${valued//$'\n'/ }
    COMPREPLY=()
    _keenlance_read_words
    if ((${#words[@]} < 2)); then return; fi
    _keenlance_unquote "${words[0]}"
    program=$plain
    case ${program##*/} in
        quickctl) ;;
        rolling-restart) verb=roll ;;
        *) verb=${program##*/} ;;
    esac
    _keenlance_read_options "${words[@]:1:${#words[@]}-2}"
    _keenlance_unquote "${words[-1]}"
    if [[ -n $expects ]]; then
        _keenlance_offer_values "$expects"
    elif [[ $plain == --*=* ]]; then
        _keenlance_offer_values "${plain%%=*}"
    elif [[ $plain == -* ]]; then
        options=(-c -s -u -p -i -h --configuration --serverurl --username --password --interactive --help)
        if [[ $verb != supervisorctl_restart_group ]]; then
            options+=(-q --version --timeout --no-wait --fail-fast --dry-run --quiet --json --order)
        fi
        if [[ $verb == roll ]]; then
            options+=(--batch --stable --health-url --health-cmd --health-tcp --health-timeout --pause --max-failures
                --resume --signal --pre --post --hook-timeout)
        fi
        _keenlance_offer "${options[@]}"
    elif [[ -z $verb ]]; then
        _keenlance_offer start stop restart roll status
    elif [[ $verb != supervisorctl_restart_group ]]; then
        _keenlance_offer_processes "$program"
    elif ((arguments == 0)); then
        _keenlance_offer_groups "$program"
    fi
}

complete -F _keenlance_quickctl quickctl quickstart quickstop quickrestart rolling-restart supervisorctl_restart_group
