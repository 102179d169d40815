"""Drug names and brands, with what each is in the schema.

Generic names in English, German, French, Spanish and Italian, common short forms, and
brands of Europe, the United States and Japan as national formularies list them. A brand
that means different drugs in different places, and a name of a whole class, are refused,
not chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["AMBIGUOUS_DRUGS", "DRUG_NAMES"]

DRUG_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "prednisone": "prednison, prednisona, pdn, decortin, rectodelt, lodotra, rayos, "
        "deltasone, cortancyl, dacortin, deltacortene, cutason, prednison-retard",
        "prednisolone": "prednisolon, prednisolona, psl, decortin h, solu-decortin h, "
        "solu-decortin, soludecortin h, prednisolut, prednihexal, dermosolon, predni h, "
        "predni h tablinen, klismacort, infectocortkrupp, spiricort, aprednislon, "
        "solupred, dacortin h, estilsona, pediapred, orapred, millipred, prelone, "
        "dontisolon, predonine, prednisolon-natriumsuccinat, prednisolone acetate, "
        "prednisolonacetat, okrido",
        "methylprednisolone": "methylprednisolon, metilprednisolona, metilprednisolone, "
        "methyl-prednisolon, 6-methylprednisolon, methylprednisolone sodium succinate, "
        "mpsl, ivmp, mepred, urbason, urbason solubile, solu-medrol, solumedrol, medrol, "
        "solu-medrone, medrone, depo-medrol, depo-medrone, depo-medrate, medrate, "
        "metypred, metysolon, m-prednihexal, urbason es, solu-moderin, "
        "methypred, metypresol, predmet",
        "hydrocortisone": "hydrocortison, hidrocortisona, idrocortisone, hydrocortone, "
        "solu-cortef, cortef, alkindi, plenadren, actocortina, "
        "flebocortid, cortisol, efmody",
        "dexamethasone": "dexamethason, dexaméthasone, dexametasona, desametasone, "
        "fortecortin, decadron, dexa-allvoran, infectodexakrupp, soldesam, fortecortin "
        "inject, neofordex, dexa, lipotalon",
        "betamethasone": "betamethason, bétaméthasone, betametasona, betametasone, "
        "celestone, celestan, celestene, célestène, bentelan, diprophos, "
        "celestamin mono, betnesol",
        "triamcinolone": "triamcinolon, triamcinolona, triamcinolone acetonide, "
        "triamcinolonacetonid, triamcinolone hexacetonide, triamcinolonhexacetonid, "
        "kenacort, kenacort retard, kenalog, volon, volon a, triam, lederspan, lederlon, "
        "trigon depot, delphicort",
        "deflazacort": "deflazacortum, calcort, emflaza, deflan, flantadin, dezacor, zamene",
        "methotrexate": "methotrexat, méthotrexate, metotrexato, metotressato, mtx, metex, "
        "lantarel, metoject, metoject pen, nordimet, bendatrexat, trexall, otrexup, "
        "rasuvo, xatmep, imeth, novatrex, reumaflex, jylamvo, ebetrexat",
        "ivig": "ivig, ivigs, iv ig, immunoglobulin iv, immunoglobuline iv, immunglobuline "
        "iv, immunglobuline i.v., i.v. immunglobuline, intravenöse immunglobuline, "
        "intravenous immunoglobulin, intravenous immunoglobulins, immunoglobulines "
        "intraveineuses, igiv, inmunoglobulina intravenosa, inmunoglobulinas iv, "
        "immunoglobuline endovena, privigen, octagam, gamunex, gamunex-c, kiovig, "
        "gammagard, flebogamma, intratect, iqymune, panzyga, tegeline, clairyg, venital, "
        "sandoglobulin, ig vena, endobulin",
        "cyclophosphamide": "cyclophosphamid, ciclofosfamida, ciclofosfamide, cyc, endoxan, "
        "cytoxan, genoxal, cyclostin, ivcy",
        "ciclosporin": "ciclosporin a, cyclosporin, cyclosporine, cyclosporin a, "
        "cyclosporine a, ciclosporine, ciclosporina, csa, cya, sandimmun, sandimmun "
        "optoral, neoral, sandimmun neoral, sandimmune, cicloral, immunosporin, gengraf",
        "tacrolimus": "tac, fk506, fk 506, fk-506, prograf, advagraf, modigraf, envarsus, "
        "tacni, adoport, dailiport",
        "mycophenolate": "mycophenolat, mycophenolatmofetil, mycophenolat-mofetil, "
        "mycophenolate mofetil, mycophénolate mofétil, mycophénolate, micofenolato, "
        "micofenolato mofetilo, micofenolato mofetile, mycophenolsäure, mycophenolic acid, "
        "mycophenolate sodium, mmf, cellcept, myfortic, myfenax, mowel",
        "azathioprine": "azathioprin, azatioprina, aza, azp, imurek, imuran, imurel, "
        "azafalk, zytrim",
        "hydroxychloroquine": "hydroxychloroquin, hidroxicloroquina, idrossiclorochina, "
        "hcq, ohcq, quensyl, plaquenil, dolquine, hydroxychloroquinsulfat",
        "rituximab": "rtx, ritux, mabthera, rituxan, truxima, rixathon, ruxience, riximyo",
        "tofacitinib": "xeljanz, tofa, tofacitinibum",
        "ruxolitinib": "jakavi, jakafi, ruxo",
        "baricitinib": "olumiant, bari",
        "plasma_exchange": "plasma exchange, plasmaaustausch, plasmapherese, plasmapheresis, "
        "plasmaphérèse, échanges plasmatiques, échange plasmatique, plasmaféresis, "
        "recambio plasmático, plasmaferesi, plex, tpe, therapeutic plasma exchange",
        "fresh_frozen_plasma": "fresh frozen plasma, ffp, gfp, frischplasma, "
        "gefrorenes frischplasma, gefrierplasma, plasma frais congelé, pfc, plasma fresco "
        "congelado, plasma fresco congelato, octaplas, octaplaslg",
        "infliximab": "ifx, remicade, inflectra, remsima, flixabi, zessly",
        "adalimumab": "ada, humira, imraldi, hyrimoz, amgevita, hulio, idacio, yuflyma",
        "abatacept": "aba, orencia",
        "vedolizumab": "entyvio, vdz",
        "thalidomide": "thalidomid, talidomida, talidomide, thalidomide celgene",
        "other": "upadacitinib, rinvoq, etanercept, enbrel, etx, benepali, erelzi, "
        "tocilizumab, roactemra, actemra, tcz, leflunomid, leflunomide, arava, anakinra, "
        "kineret, canakinumab, ilaris, sulfasalazin, sulfasalazine, azulfidine, dapson, "
        "dapsone, colchicin, colchicine, belimumab, benlysta, anifrolumab, saphnelo, "
        "chloroquin, chloroquine, resochin, sirolimus, rapamune, everolimus, "
        "daratumumab, darzalex, obinutuzumab, gazyvaro, ofatumumab, efgartigimod, "
        "filgotinib, jyseleca, apremilast, otezla, golimumab, simponi, certolizumab, "
        "cimzia, secukinumab, cosentyx, ustekinumab, stelara",
    }
)

AMBIGUOUS_DRUGS: Mapping[str, str] = MappingProxyType(
    {
        "prednisone or prednisolone": "pred, predni, prednis, predn",
        "a steroid that is not named": "kortison, cortison, cortisone, cortisona, steroid, "
        "steroide, steroids, glukokortikoid, glukokortikoide, glucocorticoid, "
        "glucocorticoids, glucocorticoide, gc, gcs, corticoide, corticoides, "
        "corticostéroïde, corticostéroïdes, corticosteroid, corticosteroids, stoss, "
        "steroidpuls, pulstherapie, pulse, bolus",
        "methylprednisolone or mycophenolate or another": "mp, mps, mpa",
        "cyclophosphamide or cyclosporin": "cy",
        "cyclophosphamide or ceftriaxone": "ctx",
        "immunoglobulins given into a vein or under the skin": "immunglobuline, "
        "immunoglobulin, immunoglobulins, immunoglobuline, immunoglobulines, "
        "inmunoglobulina, inmunoglobulinas, ig, igg, gammaglobulin",
        "plasma exchange or prednisolone or another": "pe",
        "a biologic that is not named": "biologikum, biologika, biologic, biologics, dmard, "
        "jak, jak-inhibitor, jak inhibitor, jaki",
    }
)
