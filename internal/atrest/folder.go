package atrest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A conversion writes a second folder beside the server's, and then takes its place. At each moment one
// of the two is complete.
const (
	beside  = ".converted" // the second folder, until it takes the place
	replace = ".replaced"  // the first one, until it is removed
)

// An encrypted server works in a folder of its own in there. A file has the name of the other one's: an
// earlier version of the engine, which knows no key, would remove the streams that it can't open, and
// does not start where it finds the file.
const (
	inner = "encrypted"
	guard = "jetstream"
	says  = "The files of the bus are encrypted, in the folder beside this file. An earlier version can't open them:\n" +
		"start this version once with ENGINE_NATS_ENCRYPT=false before you go back to it.\n"
)

// Root is where in its folder a server works.
func Root(store string, encrypted bool) string {
	if encrypted {
		return filepath.Join(store, inner)
	}
	return store
}

// ErrUnconverted says that a folder stays as it is, because it could not be converted.
var ErrUnconverted = errors.New("the folder is not converted")

// Prepare readies the folder of a server that does not run, so that a server finds it encrypted with the
// key, or in plain text if it is not to be encrypted: it finishes a conversion that was broken off, and
// begins one where it is needed. It fails if the key does not open the folder. With [ErrUnconverted] the
// folder is as usable as before; encrypted says how it is to be opened.
func Prepare(store string, k Key, encrypt bool) (encrypted bool, err error) {
	encrypted, empty, err := resume(store, k)
	switch {
	case err != nil:
		return false, err
	case empty:
		if err := errors.Join(emptied(filepath.Join(store, guard), encrypt), emptied(filepath.Join(store, inner), !encrypt)); err != nil {
			return !encrypt, fmt.Errorf("%w: %w", ErrUnconverted, err)
		}
		return encrypt, begin(store, encrypt)
	case encrypted == encrypt:
		return encrypt, begin(store, encrypt)
	}
	next := k
	if !encrypt {
		next = nil
	}
	to := store + beside
	if err := errors.Join(begin(to, encrypt), convert(Root(store, encrypted), Root(to, encrypt), k, next), syncDirs(to)); err != nil {
		return encrypted, fmt.Errorf("%w: %w", ErrUnconverted, errors.Join(err, wipe(to)))
	}
	if err := os.Rename(store, store+replace); err != nil {
		return encrypted, errors.Join(ErrUnconverted, err)
	}
	return encrypt, finish(store)
}

// AsIs readies the folder of a server that does not run, and converts nothing.
func AsIs(store string, k Key) (encrypted bool, err error) {
	encrypted, _, err = resume(store, k)
	return encrypted, err
}

// resume does again what a kill has interrupted.
func resume(store string, k Key) (encrypted, empty bool, err error) {
	if err := finish(store); err != nil {
		return false, false, fmt.Errorf("finish the conversion of %s: %w", store, err)
	}
	if encrypted, empty, err = look(store, k); err == nil {
		err = Eraser{Root(store, encrypted), k}.resume()
	}
	return encrypted, empty, err
}

// begin makes the folder that a server works in.
func begin(store string, encrypt bool) error {
	if err := os.MkdirAll(Root(store, encrypt), 0o700); err != nil || !encrypt || there(filepath.Join(store, guard)) {
		return err
	}
	return errors.Join(write(filepath.Join(store, guard), []byte(says)), syncDir(store))
}

// emptied removes a folder in which there are no files, or a file instead of the folder.
func emptied(path string, isFolder bool) error {
	info, err := os.Lstat(path)
	if err != nil || info.IsDir() != isFolder {
		return nil
	}
	err = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err == nil && isFolder && !d.IsDir() {
			err = fmt.Errorf("%s is a file of no stream", path)
		}
		return err
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// look finds out which of the two folders has streams, and that the key opens them.
func look(store string, k Key) (encrypted, empty bool, err error) {
	var held []holding
	for _, encrypted := range []bool{false, true} {
		var h holding
		list, err := streams(Root(store, encrypted))
		for _, s := range list {
			var one holding
			if err == nil {
				one, err = s.look(k)
			}
			h.plain, h.encrypted = h.plain || one.plain, h.encrypted || one.encrypted
		}
		if err != nil {
			return encrypted, false, err
		}
		held = append(held, h)
	}
	if held[0].encrypted || held[1].plain || held[0].plain && held[1].encrypted {
		return false, false, fmt.Errorf("%s: %w: one part of it is encrypted and another is not", store, ErrKey)
	}
	return held[1].encrypted, !held[0].plain && !held[1].encrypted, nil
}

// Remove removes the folder of a server that does not run.
func Remove(store string) error { return errors.Join(wipe(store), finish(store)) }

// finish finishes what a conversion has begun, once its folder was complete, and removes it otherwise.
func finish(store string) error {
	switch {
	case there(store+replace) && there(store) && there(store+beside):
		return fmt.Errorf("%s was made by another version while %s was to take its place: move the first one away", store, store+beside)
	case there(store+replace) && !there(store):
		if err := errors.Join(os.Rename(store+beside, store), syncDir(filepath.Dir(store))); err != nil {
			return err
		}
	}
	return errors.Join(wipe(store+beside), wipe(store+replace), syncDir(filepath.Dir(store)))
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// wipe overwrites the files of a folder and removes it.
func wipe(dir string) error {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return blank(path)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// blank overwrites a file.
func blank(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	zeros := make([]byte, 1<<20)
	for at := int64(0); err == nil && at < info.Size(); at += int64(len(zeros)) {
		_, err = f.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDirs makes the entries of a folder and of those in it durable.
func syncDirs(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
