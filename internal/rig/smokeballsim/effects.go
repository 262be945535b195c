package smokeballsim

// effect applies a write when it is due. An error sends an error webhook.
type effect func(*landing) error

// effects are the effects of pending writes, by kind and verb. State files hold these names: to
// change a name's meaning, raise the file's version.
var effects = map[string]effect{
	"Contact make":    on(contacts, (*landing).showContact),
	"Contact replace": on(contacts, (*landing).replaceContact),
	"Contact delete":  on(contacts, (*landing).deleteContact),
	"Contact drop":    dropping(contacts),

	"Matter make":    on(matters, (*landing).showMatter),
	"Matter replace": on(matters, (*landing).replaceMatter),
	"Matter patch":   on(matters, (*landing).patchMatter),
	"Matter delete":  on(matters, (*landing).deleteMatter),
	"Matter drop":    dropping(matters),

	"Memo make": on(memos, (*landing).showMemo),
	"Memo drop": dropping(memos),

	"File make":    on(files, (*landing).showFile),
	"File edit":    on(files, (*landing).editFile),
	"File delete":  on(files, (*landing).deleteFile),
	"File restore": on(files, (*landing).restoreFile),
	"File fill":    on(files, (*landing).fillFile),
	"File drop":    dropping(files),

	"Folder make":   on(folders, (*landing).showFolder),
	"Folder edit":   on(folders, (*landing).editFolder),
	"Folder delete": dropping(folders),
	"Folder drop":   dropping(folders),

	"Task make":    on(tasks, (*landing).showTask),
	"Task replace": on(tasks, (*landing).replaceTask),
	"Task delete":  on(tasks, (*landing).deleteTask),
	"Task drop":    dropping(tasks),

	"Event make":    on(events, (*landing).showEvent),
	"Event replace": on(events, (*landing).replaceEvent),
	"Event delete":  on(events, (*landing).deleteEvent),
	"Event drop":    dropping(events),
}

// on makes an effect on the write's resource; it does nothing if the resource is gone.
func on[T any](of func(*landing) *shelf[T], do func(*landing, T) error) effect {
	return func(l *landing) error {
		if v, held := of(l).held(l.ID); held {
			return do(l, v)
		}
		return nil
	}
}

func dropping[T any](of func(*landing) *shelf[T]) effect {
	return func(l *landing) error {
		of(l).drop(l.ID)
		return nil
	}
}

func contacts(l *landing) *shelf[*contact] { return l.firm.Contacts }
func matters(l *landing) *shelf[*matter]   { return l.firm.Matters }
func tasks(l *landing) *shelf[*task]       { return l.firm.Tasks }
func events(l *landing) *shelf[*event]     { return l.firm.Events }
func memos(l *landing) *shelf[*memo]       { return l.home.Memos }
func files(l *landing) *shelf[*file]       { return l.home.Files }
func folders(l *landing) *shelf[*folder]   { return l.home.Folders }
